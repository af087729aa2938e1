import { addressesOf, configuredPorts } from './src/processes.ts'
import { secureFetch } from './src/secure-fetch.ts'

/** Ends with 0 where the server of these settings answers that it lives; a container asks so. */

const LIMIT_MS = 4000

setTimeout(() => process.exit(1), LIMIT_MS).unref()
const { http, ca } = addressesOf(configuredPorts(), {})
const url = `${http}/api/health/live`
try {
  const { status } = ca === null ? await fetch(url) : await secureFetch(url, { method: 'GET', headers: {} }, ca)
  process.exit(status === 200 ? 0 : 1)
} catch {
  process.exit(1)
}
