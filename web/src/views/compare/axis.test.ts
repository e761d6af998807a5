import { describe, expect, it } from 'vitest';
import { Course } from '../../model/course';
import { catalogue } from '../../testing/catalogue';
import { placing } from './axis';

const plan = catalogue.default_config;
const course = new Course();
course.take({ generation: 1, step: 100, worked: 2, epoch: 1 });
course.take({ generation: 1, step: 200, worked: 3, epoch: 5 });
const member = { course, data: { train: { count: 1000 } }, plan } as Parameters<typeof placing>[1];

describe('the place of a step', () => {
  it('is itself', () => expect(placing('steps', member)(150)).toBe(150));

  it('is when it was done, and stays there', () => {
    const at = placing('wall', member);
    const before = [100, 150].map(at);
    expect(before).toEqual([2, 2.5]);
    course.take({ generation: 1, step: 300, worked: 100, epoch: 6 });
    expect([100, 150].map(placing('wall', member))).toEqual(before);
  });

  it('is how many samples had been seen, by batches of any size', () => {
    expect([50, 100, 150, 200].map(placing('samples', member))).toEqual([500, 1000, 3000, 5000]);
  });

  it('is told by the batch size while there are no data', () => {
    expect(placing('samples', { ...member, data: null })(10)).toBe(10 * plan.training.batch_size);
  });
});
