import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { OperationError, operation } from '../src/datasessions/operation.ts'

/** Where an operation notes that it was begun, and waits for files that tests make. */
const folder = process.env.AJAR_TEST_FOLDER ?? '/nowhere'

/** Does what a test says. Each begin is a line of `begun` in the tests' folder: the word that it was given, and its process. */
const SAMPLE = operation({
  name: 'Sample',
  description: 'does what a test says',
  category: 'image',
  inputs: {
    files: { type: 'fits', name: 'files', description: '', minimum: 1, maximum: 10 },
    word: { type: 'string', name: 'word', description: '' },
    how: {
      type: 'select',
      name: 'how',
      description: '',
      options: ['make', 'hold', 'refuse', 'pass', 'fill'],
      default: 'make',
    },
  },
  async perform({ files, word, how }, work) {
    appendFileSync(join(folder, 'begun'), `${word} ${process.pid}\n`)
    await work.report(0.25)
    if (how === 'refuse') throw new OperationError('no_door', 'there is no door in it')
    // At fault is the machine, until the test says that it is not.
    if (how === 'pass' && !existsSync(join(folder, 'go')))
      throw new OperationError('away', 'something is away', 'environment')
    while (how === 'hold' && !existsSync(join(folder, 'go'))) await sleep(20)
    if (how === 'fill') await work.json('much', 'x'.repeat(3_000_000))
    const [file] = files
    const image = await work.load(file as (typeof files)[0])
    await work.fits('picture', image, { cards: [{ keyword: 'WORD', value: word }] })
    await work.table('words', ['word', 'size'], [[word, image.samples.length]])
    work.data({ word })
  },
})

export const TEST_OPERATIONS = [SAMPLE]
