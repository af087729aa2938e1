import { stories } from './stories.ts'
import { tellAll } from './telling.ts'

/** Runs in the kernel of the GPIO tests: tells each story and writes what became of it to the file of its argument. */

const [, , results = '/dev/stdout'] = process.argv
await tellAll(stories, results)
