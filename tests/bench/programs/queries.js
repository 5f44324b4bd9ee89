// The reference implementations of the query languages: the twin of queries.c, with its arguments.
// NODE_PATH says where the packages lie.
'use strict';
const ROUND = 2000;
const WARM = 1.5; // seconds that do not count, until node has compiled what is hot
const [option, language, file, seconds] = process.argv.slice(2);
const mode = option[1];
const all = JSON.parse(require('fs').readFileSync(file, 'utf8'));
const list = all[language];

// jmespath hands out no parsed expression that could be run, so that it parses each time in any mode.
const jmespath = () => {
  const lib = require('jmespath');
  return (text) => (input) => lib.search(input, text);
};
const jsonata = () => {
  const lib = require('jsonata');
  return (text) => {
    if (mode === 'p') return (input) => lib(text).evaluate(input);
    const parsed = lib(text);
    return (input) => parsed.evaluate(input);
  };
};

// Rounds of every expression until so many seconds are over; the seconds that each took.
async function measure(run, seconds) {
  const took = run.map(() => 0);
  let sum = 0;
  let rounds = 0;
  for (; sum < seconds; rounds++) {
    for (let i = 0; i < run.length; i++) {
      const began = process.hrtime.bigint();
      for (let k = 0; k < ROUND; k++) {
        const value = run[i](all.input);
        if (value instanceof Promise) await value;
      }
      const one = Number(process.hrtime.bigint() - began) / 1e9;
      took[i] += one;
      sum += one;
    }
  }
  return { took, sum, rounds };
}

async function main() {
  const run = list.map({ jmespath, jsonata }[language]());
  await measure(run, WARM);
  const { took, sum, rounds } = await measure(run, Number(seconds));
  for (let i = 0; mode === 'v' && i < run.length; i++) {
    const value = JSON.stringify(await run[i](all.input));
    console.log(`${((rounds * ROUND) / took[i]).toFixed(0).padStart(10)}  ${list[i]} = ${value}`);
  }
  console.log(((rounds * ROUND * run.length) / sum).toFixed(0));
}
main();
