/** What the runs of a comparison have in common while they train: the count of steps, that of samples, or the time. */

import type { GroupClock } from '../../protocol/groups';

export type Clock = GroupClock;

export const CLOCKS: readonly Clock[] = ['steps', 'samples', 'wall'];
