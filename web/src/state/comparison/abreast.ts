/**
 * Runs that train in step are seen in step: their frames come over several sockets, one sooner than another, and not each
 * has every frame. All show the newest moment of which all have a frame. Pure.
 */

export interface Progress {
  /** How far the frames are that have come and were not shown, the newest last. */
  readonly waiting: readonly number[];
  /** How far the frame is that is on the screen. */
  readonly shown: number;
  /** Whether the others are not shown further than it has come: not for one that stands still, or is not heard of. */
  readonly holds: boolean;
}

/**
 * For each run which of the waiting frames it shows next; -1 where it goes on showing what it does. Where there is no
 * common moment they wait, or, if not `patient`, show the newest that is not beyond the last frame of any.
 */
export function abreast(runs: readonly Progress[], patient: boolean): number[] {
  const holding = runs.filter(({ holds }) => holds);
  const limit = Math.min(...holding.map(({ waiting, shown }) => waiting.at(-1) ?? shown));
  const has = (place: number) => holding.every(({ waiting, shown }) => shown === place || waiting.includes(place));
  const common = Math.max(-Infinity, ...holding.flatMap(({ waiting }) => waiting).filter(has));
  const until = common > -Infinity ? common : patient ? -Infinity : limit;
  return runs.map(({ waiting, holds }) =>
    holds ? waiting.findLastIndex((place) => place <= until) : waiting.length - 1,
  );
}
