/** A watchdog as a process of its own, so that it can be killed: `node watchdog-process.ts DATA_DIR CHILD.ts WORDS`. */
import { Watchdog } from '../src/index.ts'

const [dataDir = '', child = '', words = ''] = process.argv.slice(2)
const watchdog = new Watchdog({
  dataDir,
  onLine: () => {},
  onMachineLine: () => {},
  onExit: () => {},
  onGivenUp: () => {},
})
await watchdog.start([{ name: 'server', command: () => ({ program: process.execPath, args: [child, words] }) }])
process.on('message', () => process.send?.(watchdog.status))
