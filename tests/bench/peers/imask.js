import IMask from 'imask';

/** What a shop writes for a card number in groups. */
export const createMask = (input) => IMask(input, { mask: '0000 0000 0000 0000[ 000]' });
