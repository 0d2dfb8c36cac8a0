/** How many milliseconds the import of a module takes in a process that has imported nothing else. */
const begin = performance.now();
await import(process.argv[2]);
console.log(performance.now() - begin);
