import { fileURLToPath } from 'node:url'
import { toldIn } from '../../../test/gpio/told-in.ts'
import { stories } from './stories.ts'

/**
 * Boxes and tasks where cgroups are of version 2, as Debian has them: in the kernel of the GPIO tests, which has nothing else, so
 * also on a machine of version 1.
 */

const at = (file: string) => fileURLToPath(new URL(file, import.meta.url))

toldIn('a kernel with cgroups of version 2', Object.keys(stories), {
  init: at('./init.sh'),
  program: at('./inside.ts'),
})
