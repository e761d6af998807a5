import { describe, expect, it } from 'vitest';
import { Course } from './course';

const moment = (step: number, worked: number, epoch = step / 10, generation = 1) => ({
  generation,
  step,
  worked,
  epoch,
});

describe('the course of a run', () => {
  it('has steps between two frames evenly between them, and the first ones from the beginning', () => {
    const course = new Course();
    expect([course.worked(0), course.epoch(0)]).toEqual([0, 0]);
    course.take(moment(100, 2));
    course.take(moment(200, 6));
    expect([50, 100, 150, 200].map((step) => course.worked(step))).toEqual([1, 2, 4, 6]);
    expect(course.epoch(150)).toBe(15);
  });

  it('stays as it was told, however long the run goes on', () => {
    const course = new Course();
    course.take(moment(100, 2));
    const before = course.worked(60);
    course.take(moment(100, 2));
    course.take(moment(101, 90));
    expect(course.worked(60)).toBe(before);
    // Nothing is known beyond the last frame.
    expect(course.worked(500)).toBe(90);
  });

  it('begins again with other weights', () => {
    const course = new Course();
    course.take(moment(100, 2));
    course.take(moment(10, 0.5, 1, 2));
    expect([5, 10].map((step) => course.worked(step))).toEqual([0.25, 0.5]);
  });

  it('keeps the newest when there are many', () => {
    const course = new Course(16);
    for (let step = 1; step <= 1000; step++) course.take(moment(step, step / 100));
    expect(course.worked(1000)).toBe(10);
    expect(course.worked(337)).toBeCloseTo(3.37);
  });
});
