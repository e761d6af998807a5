/** A fresh seed, short enough to read aloud. */
export function newSeed(): number {
  return 1 + Math.floor(Math.random() * 9999);
}
