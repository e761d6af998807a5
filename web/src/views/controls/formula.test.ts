import { readFileSync } from 'node:fs';
import katex from 'katex';
import { describe, expect, it } from 'vitest';

describe('the formulas of all choices', () => {
  // The document that is written from the same records as the catalogue.
  const choices = readFileSync(new URL('../../../../kernels/CHOICES.md', import.meta.url), 'utf8');
  const formulas = [...choices.matchAll(/\$([^$]+)\$/g)].map(([, latex]) => latex!);

  it('can be drawn', () => {
    expect(formulas.length).toBeGreaterThan(100);
    for (const latex of formulas) {
      expect(() => katex.renderToString(latex, { throwOnError: true, strict: 'error' }), latex).not.toThrow();
    }
  });
});
