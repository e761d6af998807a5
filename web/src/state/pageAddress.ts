/** The page's own address. */

import { pageQuery } from './url';

/** The page's address with this configuration, or these, in it; what is about the page itself stays. */
export function addressWith(query: string): string {
  const whole = [query, pageQuery(location.search)].filter(Boolean).join('&');
  return location.pathname + (whole && `?${whole}`) + location.hash;
}
