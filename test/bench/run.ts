import { readdir } from 'node:fs/promises'

/**
 * `npm run bench -- [NAME ...]`: runs the benchmarks of this folder, each in turn. Each prints ratios against a peer or a
 * limit measured in the same run, since the machine may be shared and noisy.
 */

const names = (await readdir(new URL('.', import.meta.url)))
  .map((file) => /^(.+)\.bench\.ts$/.exec(file)?.[1])
  .filter((name) => name !== undefined)
  .sort()
const wanted = process.argv.slice(2)
const strangers = wanted.filter((name) => !names.includes(name))
if (strangers.length > 0) {
  console.error(`no benchmark ${strangers.join(', ')}; there are ${names.join(', ')}`)
  process.exit(2)
}
for (const name of wanted.length > 0 ? wanted : names) {
  console.log(`\n# ${name}`)
  const { default: bench } = (await import(`./${name}.bench.ts`)) as { default(): Promise<void> }
  await bench()
}
process.exit(0)
