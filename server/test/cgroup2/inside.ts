import { tellAll } from '../../../test/gpio/telling.ts'
import { stories } from './stories.ts'

/** Runs in the place of the programs worker, in the machine with cgroups of version 2: tells each story and prints what became of it. */

/** Each process there costs as much as a hundred here. */
const LIMIT_MS = 120_000
await tellAll(stories, null, LIMIT_MS)
