import { stories } from './stories.ts'
import { toldIn } from './told-in.ts'

/** GPIO for real. */

toldIn('a kernel with simulated GPIO', Object.keys(stories))
