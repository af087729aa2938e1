import { existsSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Home, writeDurably } from '@ajar/redeploy'
import type { Command } from '@ajar/watchdog'
import { CHECKOUT } from './checkout.ts'

/** How the checkout was when each release was deployed, by the id of the release. */
const FINGERPRINTS = 'checkout.json'

export interface WhatRunsPorts {
  /** How the checkout is now. */
  fingerprint(): Promise<string>
  say(line: string): void
}

/**
 * Whether the checkout runs, or the release that `current` leads to. Where there is no such link the checkout does, so a
 * redeployer switches to a release by the link, and back to the checkout by taking it away.
 */
export class WhatRuns {
  readonly #home: Home
  readonly #ports: WhatRunsPorts

  constructor(home: Home, ports: WhatRunsPorts) {
    this.#home = home
    this.#ports = ports
  }

  /** The program `script`, within the release or the checkout, as it is started now. */
  command(script: string): Command {
    const { current } = this.#home
    return existsSync(join(current, script)) ? inRelease(current, script) : inCheckout(script)
  }

  /** The redeployer itself: of the release that was kept last, for one on trial may be the one that cannot go back. */
  redeployer(script: string, ...args: string[]): Command {
    const { trusted } = this.#home
    const { program, args: start } = existsSync(join(trusted, script)) ? inRelease(trusted, script) : inCheckout(script)
    return { program, args: [...start, ...args] }
  }

  /** As first argument of a process, wherever it ran. */
  places(script: string): string[] {
    const { current, trusted } = this.#home
    return [CHECKOUT, current, trusted].map((folder) => join(folder, script))
  }

  /** The release that runs; null: the checkout does. */
  get release(): string | null {
    try {
      return basename(readlinkSync(this.#home.current))
    } catch {
      return null
    }
  }

  /**
   * Decides at a start: a release goes on where the checkout is as it was when that was deployed, else the checkout wins,
   * for who changes it wants to see it. While a redeploy is to be finished or undone nothing is decided.
   * @param wantsCheckout whoever starts us wants it in any case
   */
  async decide({ wantsCheckout }: { wantsCheckout: boolean }): Promise<void> {
    const { release } = this
    if (existsSync(this.#home.pending)) {
      this.#ports.say('A redeploy was cut short: it is finished or undone now.')
      if (release !== null && !(release in this.#fingerprints())) await this.wasDeployed()
      return
    }
    if (release === null) return
    const isChanged = wantsCheckout || this.#fingerprints()[release] !== (await this.#ports.fingerprint())
    if (!isChanged)
      return this.#ports.say(
        `Release ${release} runs, for it was deployed and this checkout has not changed since. The checkout instead: npm start -- --checkout`,
      )
    for (const link of [this.#home.current, this.#home.trusted]) rmSync(link, { force: true })
    const why = wantsCheckout
      ? 'The checkout runs, as asked'
      : `The checkout runs, for it has changed since release ${release} was deployed`
    this.#ports.say(`${why}. That release stays, and can be deployed again.`)
  }

  /** The release that `current` leads to was switched to by somebody's wish: how the checkout is now goes with it. */
  async wasDeployed(): Promise<void> {
    const { release } = this
    if (release === null) return
    const fingerprint = await this.#ports.fingerprint()
    const kept = Object.entries(this.#fingerprints()).filter(([id]) => existsSync(join(this.#home.releases, id)))
    this.#write({ ...Object.fromEntries(kept), [release]: fingerprint })
  }

  get #file(): string {
    return join(this.#home.folder, FINGERPRINTS)
  }

  /** What cannot be read says nothing: then the checkout wins. */
  #fingerprints(): Record<string, unknown> {
    try {
      const read = JSON.parse(readFileSync(this.#file, 'utf8')) as unknown
      return typeof read === 'object' && read !== null ? { ...read } : {}
    } catch {
      return {}
    }
  }

  /** On the disk before it is relied on: after a power cut the checkout would win without a reason. */
  #write(fingerprints: Record<string, unknown>) {
    writeDurably(this.#file, `${JSON.stringify(fingerprints, null, 2)}\n`)
  }
}

/** A release brings the Node that it was made for. */
function inRelease(release: string, script: string): Command {
  return { program: join(release, 'bin/node'), args: [join(release, script)] }
}

function inCheckout(script: string): Command {
  return { program: process.execPath, args: [join(CHECKOUT, script)] }
}
