/** The row whose place is next to `at`; the earlier of two that are as near. Places rise. */
export function rowAt(places: ArrayLike<number>, at: number): number {
  let [low, high] = [0, places.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return low > 0 && at - places[low - 1]! <= places[low]! - at ? low - 1 : low;
}
