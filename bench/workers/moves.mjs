/** What the tasks of the case `transfer` do with a typed array before they give it back: enough to see that it was there. */
export function touch(array) {
  array[0]++;
  return array;
}
