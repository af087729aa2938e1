import { execFile } from 'node:child_process'
import { closeSync, constants, open } from 'node:fs'
import { isatty, ReadStream } from 'node:tty'
import { promisify } from 'node:util'
import { AgentError, reasonOf, systemCode } from '../../failure.ts'

const { O_RDONLY, O_NOCTTY, O_NONBLOCK } = constants
/** Without it an open of a port whose modem lines are down would wait for a carrier, in one of Node's four threads. */
const HOW = O_RDONLY | O_NOCTTY | O_NONBLOCK
const STTY_MS = 10_000

export interface SerialPort {
  /** Rejects with `serial_gone` (environment) when the port vanishes. */
  readonly gone: Promise<never>
  close(): void
}

/**
 * Opens a serial port, 8 bits, no parity, one stop bit, no flow control, every byte as it comes; `onBytes` is called with what comes.
 * Rejects with `serial_unusable` (environment), which says what to do.
 *
 * `stty` sets the port, a part of any Linux: what it would save to call `tcsetattr` through koffi is one program a start, and koffi is
 * not everywhere. It is told the path while the port is held open, since the last one to close a port may reset it. `-hupcl`: boards
 * that start anew when their DTR line falls (Arduino, many of the ESP32's) shall not do so whenever the agent closes the port.
 */
export async function openPort(
  { path, baudRate }: { path: string; baudRate: number },
  signal: AbortSignal,
  onBytes: (bytes: Uint8Array) => void,
): Promise<SerialPort> {
  const fd = await promisify(open)(path, HOW).catch((error) => {
    throw new AgentError('serial_unusable', 'environment', `${path} cannot be opened: ${adviceOn(error)}`, error)
  })
  try {
    if (!isatty(fd)) throw new AgentError('serial_unusable', 'caller', `${path} is no serial port`)
    await setUp(path, baudRate, signal)
    return listening(new ReadStream(fd), path, onBytes)
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

async function setUp(path: string, baudRate: number, signal: AbortSignal): Promise<void> {
  const wanted = ['raw', '-echo', 'cs8', '-parenb', '-cstopb', 'clocal', 'cread', '-hupcl', '-crtscts']
  const args = ['-F', path, String(baudRate), ...wanted]
  await promisify(execFile)('stty', args, { timeout: STTY_MS, killSignal: 'SIGKILL', signal }).catch((error) => {
    const said = String(error.stderr ?? '').trim() || reasonOf(error)
    const why = systemCode(error) === 'ENOENT' ? 'stty is not installed: apt install coreutils' : said
    throw new AgentError('serial_unusable', 'environment', `${path} cannot be set to ${baudRate} baud: ${why}`, error)
  })
}

function listening(stream: ReadStream, path: string, onBytes: (bytes: Uint8Array) => void): SerialPort {
  const { promise, reject } = Promise.withResolvers<never>()
  const fail = (why: string) => reject(new AgentError('serial_gone', 'environment', `${path} is gone: ${why}`))
  // A port that is closed by us ends too, and then nobody waits.
  promise.catch(() => {})
  stream.on('data', onBytes)
  stream.once('error', (error) => fail(reasonOf(error)))
  stream.once('close', () => fail('the device was unplugged, or has stopped'))
  return { gone: promise, close: () => stream.destroy() }
}

function adviceOn(error: unknown): string {
  const code = systemCode(error)
  if (code === 'ENOENT') return 'there is no such device; `ls /dev/serial/by-id` lists what is plugged in'
  if (code === 'EACCES') return 'this user may not read it: is the user in the group `dialout`?'
  return reasonOf(error)
}
