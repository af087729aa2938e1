import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Most that the kernel keeps of what a socket has not sent, and of what nobody reads: least, default, most, bytes. */
const SEND_BUFFER = '4096 16384 65536'
const RECEIVE_BUFFER = '4096 65536 131072'

const IN_A_NETWORK_OF_ITS_OWN = [
  'ip link set lo up',
  `echo "${SEND_BUFFER}" > /proc/sys/net/ipv4/tcp_wmem`,
  `echo "${RECEIVE_BUFFER}" > /proc/sys/net/ipv4/tcp_rmem`,
  'exec "$0" "$1"',
].join(' && ')

/**
 * What subscribers that do not read cost the others. Runs in a network of its own with small socket buffers: elsewhere the
 * kernel takes 4 MB for each of 1,000 frozen subscribers, and nobody freezes.
 */
export default async function subscribers() {
  const script = fileURLToPath(new URL('./subscribers.ts', import.meta.url))
  const args = ['-rn', 'sh', '-c', IN_A_NETWORK_OF_ITS_OWN, process.execPath, script]
  const [code] = await once(spawn('unshare', args, { stdio: 'inherit' }), 'exit')
  if (code !== 0) throw new Error(`it ended with ${code}: it needs user namespaces (unshare -rn) and ip of iproute2`)
}
