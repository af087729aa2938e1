/** A process that starts for ever. */
import { Supervised } from '../src/index.ts'

new Supervised({ isAlive: () => false })
setInterval(() => {}, 1000)
