// What a field shows while a person types into it, key by key: its text and its caret are those of a model (lib/line.js).

import assert from 'node:assert/strict';
import { after, before, beforeEach } from 'node:test';
import { eachEngine } from './lib/engines.js';
import { FIELDS, PLACES, openField, randomKeys } from './lib/field.js';
import { startMerchant } from './lib/merchant.js';
import { scenesIn } from './lib/scenes.js';

/** What is pasted, and what it becomes. */
const PASTES = {
  number: {
    '4111 1111 1111 1111': '4111 1111 1111 1111',
    ' 4111-1111-1111\t1111\n': '4111 1111 1111 1111',
    'Card no. ４１１１　１１１１　１１１１　１１１１, thanks': '4111 1111 1111 1111',
    '٤١١١ ١١١١ ١١١١ ١١١١': '4111 1111 1111 1111',
    '۴۱۱۱۱۱۱۱۱۱۱۱۱۱۱۱': '4111 1111 1111 1111',
    'AMEX 3714\u00a0496353\u00a098431': '3714 496353 98431',
    '4111 1111 1111 1111 1119 9999': '4111 1111 1111 1111 111',
    'none of it': '',
  },
  expiry: { '12/29': '12/29', '12 - 2029': '12/2029', '2029-12': '12/2029', '１２／２９': '12/29', '١٢/٢٩': '12/29', '1/29': '01/29' },
  csc: { ' 1２٣ ': '123', '(7391)': '7391', '12345': '1234' },
  iban: {
    'IE29-AIBK\t9311 5212345678': 'IE29 AIBK 9311 5212 3456 78',
    'ｉｅ29aibk93115212345678 ': '29AI BK93 1152 1234 5678',
    'IBAN: DE89 3704 0044 0532 0130 00.': 'DE89 3704 0044 0532 0130 00',
    'gb٨٢west12345698765432': 'GB82 WEST 1234 5698 7654 32',
  },
};

/** What the browser fills in is not cut: half a number would be another number. */
const FILLED = {
  ...PASTES,
  number: { ...PASTES.number, '4111 1111 1111 1111 1119 9999': '4111 1111 1111 1111 11199999' },
  csc: { ...PASTES.csc, 12345: '12345' },
};

/** What is done to a field, key by key. */
const HANDS = {
  number: {
    'types in the middle, then before a gap and behind it': ['4111111111111', 'Home', 'ArrowRight', '2', 'End', 'ArrowLeft', '3', ...rights(-5), '4', '5'],
    'backspaces through every gap': ['411111111111111', ...keys('Backspace', 15)],
    'deletes over every gap': ['411111111111111', 'Home', ...keys('Delete', 15)],
    'deletes over one gap, from either side': ['411122223333', 'Home', ...rights(4), 'Delete', 'ArrowRight', 'Delete', ...rights(-1), 'Backspace'],
    'fills the field, and one more digit': ['4111111111111111111', '9', 'Home', '9', 'ArrowRight', '9'],
    'replaces a selection across a gap': ['4111222233334444', 'Home', ...rights(3), 'Shift+ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowRight', '9'],
    'selects backwards and deletes': ['4111222233334444', 'Shift+ArrowLeft', 'Shift+ArrowLeft', 'Shift+ArrowLeft', 'Shift+ArrowLeft', 'Shift+ArrowLeft', 'Delete'],
    'replaces everything': ['4111222233334444', 'Control+a', '3'],
    'cuts across a gap': ['4111222233334444', 'Home', ...rights(2), 'Shift+End', 'Shift+ArrowLeft', 'Control+x', '7'],
    'turns one brand into another': ['371449635398431', 'Home', '4', 'Delete', 'Backspace', '3', 'End', '9'],
    'types what is no digit': ['41a1 1-/.', '1', 'Home', 'x', ' '],
  },
  expiry: {
    'types a month that needs a zero': ['3', '29'],
    'types month, slash, year': ['1', '/', '29', ...keys('Backspace', 5)],
    'types a long year, and one more digit': ['122029', '9', ...rights(-5), 'Backspace', '1'],
    'deletes over the slash': ['1229', 'Home', ...rights(2), 'Delete', 'Delete', '3'],
    'replaces the month': ['1229', 'Home', 'Shift+ArrowRight', 'Shift+ArrowRight', '0', '4'],
    'cuts the year': ['1229', 'Shift+ArrowLeft', 'Shift+ArrowLeft', 'Control+x', '31'],
  },
  csc: {
    'fills the field, and one more digit': ['1234', '5', 'Home', '6', 'Delete', '6'],
    'replaces a selection': ['123', 'Shift+Home', '4'],
    'cuts': ['1234', 'Shift+ArrowLeft', 'Control+x', 'Backspace'],
  },
  iban: {
    'types small letters, in the middle, over gaps': ['ie29aibk9311', 'Home', ...rights(4), '5', ...rights(-2), 'x', ...keys('Backspace', 4)],
    'fills the field, and one more character': ['mt84malt011000012345mtlcast001s0000', '9', 'Home', '9', 'Delete', '8'],
    'replaces a selection across a gap': ['ie29aibk93115212345678', 'Home', ...rights(3), 'Shift+ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowRight', '7'],
    'cuts everything': ['ie29aibk', 'Control+a', 'Control+x', 'd'],
  },
};

function keys(key, times) {
  return Array(times).fill(key);
}

function rights(times) {
  return keys(times < 0 ? 'ArrowLeft' : 'ArrowRight', Math.abs(times));
}

/** What frameworks do: they keep the value, watch the property, and write it back at every input. */
const CONTROLLED = `
  const { get, set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value');
  form.addEventListener('input', (event) => {
    const [field] = event.composedPath();
    if (!Object.hasOwn(field, 'value')) Object.defineProperty(field, 'value', { configurable: true, get, set(value) { set.call(this, value); } });
    const { value } = field;
    field.value = value;
    Promise.resolve().then(() => { field.value = value; });
  });`;

eachEngine((engine) => {
  let merchant;
  before(async () => { merchant = await startMerchant(); });
  beforeEach(() => merchant.reset());
  after(() => merchant?.close());
  const scene = scenesIn(engine);

  const atTheCheckout = async (visit, inputs, script) => {
    merchant.checkout({ inputs, script });
    const page = await visit(`${merchant.origin}/`);
    await page.waitFor(() => document.forms[0]?.dataset.ready, 'tillseal:ready');
    return page;
  };
  /** The browser's own undo. WebKitGTK's MiniBrowser has no key for it: there, the command that such a key gives. */
  const takeBack = async (page, command) => {
    if (engine.name === 'WebKitGTK') await page.evaluate((command) => { document.execCommand(command); }, command);
    else await page.press(command === 'undo' ? 'Control+z' : 'Control+Shift+z');
  };
  const random = async (page, { at, ids }, count) => {
    for (const id of ids) {
      const { token, characters } = FIELDS[id];
      const field = await openField(page, token, at(id));
      for (const key of randomKeys(characters, 20261125, count)) await field.press(key);
    }
  };

  for (const [place, { inputs, at, ids }] of Object.entries(PLACES)) {
    for (const id of ids) {
      scene(`${place}: what a person does to the ${FIELDS[id].token}`, async (visit) => {
        const page = await atTheCheckout(visit, inputs);
        const field = await openField(page, FIELDS[id].token, at(id));
        for (const steps of Object.values(HANDS[id])) {
          await field.empty();
          for (const step of steps) await (/^[A-Z]/.test(step) ? field.press(step) : field.type(step));
        }
      });
    }

    scene(`${place}: random hands`, async (visit) => {
      await random(await atTheCheckout(visit, inputs), { at, ids }, 60);
    });

    scene(`${place}: random hands, and a framework that writes every value back`, async (visit) => {
      await random(await atTheCheckout(visit, inputs, CONTROLLED), { at, ids }, 25);
    });

    scene(`${place}: paste`, async (visit) => {
      const page = await atTheCheckout(visit, inputs);
      for (const id of ids) {
        const field = await openField(page, FIELDS[id].token, at(id));
        for (const [pasted, expected] of Object.entries(PASTES[id])) {
          await field.empty();
          await field.paste(pasted);
          assert.equal(field.line.text, expected);
        }
      }
      const field = await openField(page, 'cc-number', at('number'));
      await field.empty();
      await field.type('41119999');
      await field.select(2, 6);
      await field.paste('22-33');
      await field.press('4');
    });

    scene(`${place}: what the browser fills in`, async (visit) => {
      const page = await atTheCheckout(visit, inputs);
      for (const id of ids) {
        const field = await openField(page, FIELDS[id].token, at(id));
        for (const [filled, expected] of Object.entries(FILLED[id])) {
          for (const isFocused of [true, false]) {
            await (isFocused ? page.focus(at(id)) : page.focus('#clipboard'));
            await field.fill(filled);
            await page.focus(at(id));
            assert.equal(await field.adopt(), expected);
          }
        }
        await field.press('End');
        await field.press('Backspace');
      }
    });

    scene(`${place}: undo, step by step down to nothing, and redo`, async (visit) => {
      const page = await atTheCheckout(visit, inputs);
      for (const id of ids) {
        const { token, characters } = FIELDS[id];
        const field = await openField(page, token, at(id));
        const texts = [''];
        for (const key of ['1', ...randomKeys(characters, 7, 20), 'End', '1', '1']) {
          await field.press(key);
          if (field.line.text !== texts.at(-1)) texts.push(field.line.text);
        }
        const last = texts.at(-1);
        for (const [command, goal, step] of [['undo', '', -1], ['redo', last, 1]]) {
          let place = step < 0 ? texts.length - 1 : 0;
          for (let tries = 0; (await field.adopt()) !== goal; tries += 1) {
            assert.ok(tries <= texts.length, `${command} ends at ${field.line.text}, not at ${goal}`);
            while (texts[place] !== field.line.text) {
              place += step;
              assert.ok(place in texts, `${command} showed ${field.line.text}, which was not there: ${texts.join(', ')}`);
            }
            await takeBack(page, command);
          }
        }
        await field.press('End');
        await field.press('Backspace');
      }
    });

    scene(`${place}: Ctrl+Backspace takes a group, and undo brings it back`, async (visit) => {
      const page = await atTheCheckout(visit, inputs);
      const field = await openField(page, 'cc-number', at('number'));
      await field.type('4111222233334444');
      const shown = async () => (await field.shown()).text;
      await field.press('ArrowLeft');
      await page.press('Control+Backspace');
      assert.equal(await field.adopt(), '4111 2222 3333 4');
      await field.press('Backspace');
      await field.press('1');
      await page.press('Control+Backspace');
      await page.press('Control+Backspace');
      assert.equal(await field.adopt(), '4111 4');
      for (let tries = 0; (await shown()) !== '4111 2222 3333 4444'; tries += 1) {
        assert.ok(tries < 12, `undo ends at ${await shown()}`);
        await takeBack(page, 'undo');
      }
      await field.adopt();
      await field.press('End');
      await field.press('5');
    });
  }
});
