import { type ChildProcess, execFileSync, fork, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { TestContext } from 'vitest'
import { needs } from '../../setup/needs.ts'
import type { Line, Order } from './carrier.ts'

const CARRIER = fileURLToPath(new URL('carrier.ts', import.meta.url))
/** TEST-NET-1 of RFC 5737: the line between the two namespaces, which nobody outside sees. */
const NEAR = '192.0.2.1'
const FAR = '192.0.2.2'

/**
 * Two network namespaces with a bad line between them: an agent runs at the near end, a server at the far one. From outside
 * the server's end is reached, too, over a good line of its own: a test must be able to ask it at any time.
 */
export class RoughNetwork {
  readonly #carrier: ChildProcess
  readonly #name: string
  /** Where the server listens: reached by the agent over the line, and by us. */
  readonly address: string
  readonly #ours: string
  /** How often the line was cut. */
  cuts = 0

  private constructor(carrier: ChildProcess) {
    this.#carrier = carrier
    const pid = carrier.pid ?? 0
    this.#name = `ajar-${pid}`
    // Of 198.18.0.0/15, which RFC 2544 keeps for such tests; a network of four addresses for each process id.
    const [a, b, c] = [18 + ((pid >> 14) & 1), (pid >> 6) & 255, (pid & 63) * 4]
    this.#ours = `198.${a}.${b}.${c + 1}`
    this.address = `198.${a}.${b}.${c + 2}`
  }

  /** @param seed decides which packets are lost. @throws Error that says why, where it cannot be made: only root may */
  static async open(seed: number): Promise<RoughNetwork> {
    const carrier = fork(CARRIER, { stdio: 'inherit', env: { ...process.env, UV_THREADPOOL_SIZE: '8' } })
    const network = new RoughNetwork(carrier)
    try {
      await network.#order({ setUp: [network.#end('near', NEAR), network.#end('far', FAR)], seed })
      network.#reachServer()
      carrier.on('message', (said) => {
        if ((said as { cut?: true }).cut) network.cuts++
      })
    } catch (error) {
      await network.close()
      throw error
    }
    return network
  }

  /** A program and its arguments that run a process at the agent's end. */
  get near(): string[] {
    return ['ip', 'netns', 'exec', this.#end('near', NEAR).namespace]
  }

  /** The same at the server's end. */
  get far(): string[] {
    return ['ip', 'netns', 'exec', this.#end('far', FAR).namespace]
  }

  /** Resolves when the line is so. */
  setLine(line: Partial<Line>): Promise<void> {
    return this.#order({ line })
  }

  /** Cuts the line in the midst of what the agent sends, so many bytes from now. */
  cutAfter(bytes: number): Promise<void> {
    return this.#order({ cutAfterBytes: bytes })
  }

  /** Closes the server's side of every connection to the agent, as where a router between them has forgotten it. */
  closeServerSide(): void {
    const [program = '', ...args] = this.far
    execFileSync(program, [...args, 'ss', '--kill', '--tcp', 'dst', NEAR], { stdio: 'ignore' })
  }

  /** Takes the agent's interface down, or up again. */
  setLink(state: 'up' | 'down'): void {
    execFileSync('ip', ['-n', this.#end('near', NEAR).namespace, 'link', 'set', 'line', state])
    if (state === 'up') this.#routeToServer()
  }

  /** Takes all of it away. Whoever runs in it shall have ended. */
  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#carrier.once('exit', resolve))
    if (this.#carrier.exitCode !== null || this.#carrier.signalCode !== null) return
    this.#carrier.disconnect()
    await gone
  }

  #end(which: 'near' | 'far', address: string) {
    return { namespace: `${this.#name}-${which}`, address }
  }

  #reachServer(): void {
    const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' })
    const far = this.#end('far', FAR).namespace
    ip('link', 'add', this.#name, 'type', 'veth', 'peer', 'name', 'out', 'netns', far)
    ip('address', 'add', `${this.#ours}/30`, 'dev', this.#name)
    ip('link', 'set', this.#name, 'up')
    ip('-n', far, 'address', 'add', `${this.address}/30`, 'dev', 'out')
    ip('-n', far, 'link', 'set', 'out', 'up')
    this.#routeToServer()
  }

  #routeToServer(): void {
    execFileSync('ip', ['-n', this.#end('near', NEAR).namespace, 'route', 'replace', this.address, 'dev', 'line'])
  }

  #order(order: Order): Promise<void> {
    return new Promise((resolve, reject) => {
      const gone = () => reject(new Error('the carrier of packets has ended'))
      const heed = (answer: { done?: true; failed?: string }) => {
        if (!answer.done && answer.failed === undefined) return
        this.#carrier.off('message', heed).off('exit', gone)
        if (answer.failed === undefined) resolve()
        else reject(new Error(answer.failed))
      }
      this.#carrier.on('message', heed).once('exit', gone)
      this.#carrier.send(order)
    })
  }
}

/** Skips the test, and says why, where no such network can be made. */
export function needsRoughNetwork(context: TestContext): void {
  const trouble = whyNoNetwork()
  needs(trouble === null, trouble ?? '', context)
}

/** Why namespaces with a line of ours between them cannot be made here, or null. */
export function whyNoNetwork(): string | null {
  const name = `ajar-try-${process.pid}`
  const tried = spawnSync('ip', ['tuntap', 'add', 'mode', 'tun', 'name', `try${process.pid}`], { encoding: 'utf8' })
  if (tried.error) return 'ip is not installed: apt-get install iproute2'
  if (tried.status !== 0) return `network namespaces and TUN interfaces need root: ${tried.stderr.trim()}`
  spawnSync('ip', ['tuntap', 'delete', 'mode', 'tun', 'name', `try${process.pid}`])
  const namespace = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' })
  spawnSync('ip', ['netns', 'delete', name])
  return namespace.status === 0 ? null : `network namespaces need root: ${namespace.stderr.trim()}`
}
