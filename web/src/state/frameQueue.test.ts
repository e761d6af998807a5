import { describe, expect, it } from 'vitest';
import type { Frame } from '../protocol/messages';
import { FrameQueue } from './frameQueue';

const frame = (step: number) => ({ step }) as Frame;
const steps = (queue: FrameQueue, refreshes: number) => Array.from({ length: refreshes }, () => queue.next()?.step);

describe('the frames that wait for a refresh', () => {
  it('are shown one a refresh, in order, however they bunch, and the last one stays', () => {
    const queue = new FrameQueue();
    expect(queue.next()).toBeNull();
    queue.push(frame(1));
    queue.push(frame(2));
    expect(steps(queue, 3)).toEqual([1, 2, 2]);
  });

  it('are never more than three: the oldest gives way', () => {
    const queue = new FrameQueue();
    for (let step = 1; step <= 5; step++) queue.push(frame(step));
    expect(steps(queue, 4)).toEqual([3, 4, 5, 5]);
  });

  it('are gone when cleared, the shown one too', () => {
    const queue = new FrameQueue();
    queue.push(frame(1));
    queue.next();
    queue.push(frame(2));
    queue.clear();
    expect(queue.next()).toBeNull();
  });
});
