// Honest visitors whose events are not those that a page expects: none of them may be taken for a bot.
//
// The interface is that of bots.js; `missing` says why one cannot be had here.

import { ASSISTED } from './assisted.js';
import { FILLED } from './filled.js';
import { KEYBOARDS } from './keyboards.js';
import { POINTERS } from './pointers.js';

export const PEOPLE = [...FILLED, ...KEYBOARDS, ...POINTERS, ...ASSISTED];
