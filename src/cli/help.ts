/** What the options cannot say: the shapes of results, the exit status, examples. */
export const helpAfter = `
Inputs
  A line comes to the function as a string, an NDJSON line as its value, a CSV row as
  an object with the names of the header row, a matching file as its path. It is the
  function's only argument.

Places
  threads  worker threads, one for each core: a task that loops for ever, exits, or exhausts
           its heap harms itself alone
  processes  child processes, one for each core: the same for one that aborts, or crashes in
           native code, or asks for more memory than there is
  here     the command's own event loop, for tasks that mostly wait: one that loops for ever
           holds up everything, Ctrl-C included
  nats://server:4222#workers  the nodes of a group of a cluster, each started by taskward
           node; the function is known there by its name alone

Results, one line of NDJSON each, in order of arrival
  {"index":0,"input":"a.png","ok":true,"value":{"bytes":512}}
  {"index":1,"input":"b.png","ok":false,"error":{"name":"Error","message":"no pixels",...}}
  {"index":2,"input":"c.png","ok":false,"pending":true}       had not ended at the deadline
  What tasks print themselves goes to standard error.

Joblog, one line of NDJSON for each task, when its result has been written
  {"index":0,"input":"a.png","place":"main/t1","start":"2025-01-31T12:00:00.000Z",
   "duration":12.5,"outcome":"ok","attempts":1}
  "outcome" is ok, error (with "reason") or pending. --resume skips an input when the
  joblog says that the same input succeeded at the same index.

Exit status
  0    all tasks succeeded (with --halt first-success: one did)
  1    some failed
  2    bad usage, or bad input without --skip-bad-input
  124  the deadline struck
  130  interrupted (143: by SIGTERM); a second signal stops at once
  141  the reader of the results went away

Examples
  taskward run ./thumbnail.ts#make --glob 'photos/*.jpg' --on threads:2 --task-timeout 30s
  taskward run ./fetch.js#page --input urls.txt --on here --concurrency 50 --retries 2 --backoff 1s
  taskward run ./import.js#row --input big.csv --joblog run.ndjson --resume >> results.ndjson
  taskward run ./square.js#square -- 1 2 3
  taskward node --name a --functions ./tasks.js --group workers --servers nats://10.0.0.1:4222
  taskward run make --on nats://10.0.0.1:4222#workers --input files.txt
`;
