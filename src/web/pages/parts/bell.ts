/** The bell, as an SVG path in a box of 32 by 32: in the icon, and at the top of every page. */
export const BELL =
  'M16 3a2 2 0 0 1 2 2v.6c4 .9 6.5 4.2 6.5 8.4 0 5.5 1.6 7.6 3 9v2h-23v-2c1.4-1.4 3-3.5 3-9 0-4.2 2.5-7.5 6.5-8.4V5a2 2 0 0 1 2-2zm-3.5 23.5h7a3.5 3.5 0 0 1-7 0z';
