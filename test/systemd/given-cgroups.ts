import { randomBytes } from 'node:crypto'
import type { Machine } from './machine.ts'

const CONTROLLERS = ['memory', 'pids']

/**
 * A computer has cgroups that systemd delegates. In a container on one of version 1 there are none: then a unit gets two, which it
 * enters before all else, as if they had been delegated.
 */
export class GivenCgroups {
  readonly #machine: Machine
  readonly #name = `ajar-given-${randomBytes(4).toString('hex')}`

  constructor(machine: Machine) {
    this.#machine = machine
  }

  /** Restarts the unit, which may make cgroups from then on. @param user its own */
  async give(unit: string, user: string): Promise<void> {
    if ((await this.#machine.run(['test', '-d', '/sys/fs/cgroup/memory'])).code !== 0) return
    const folders = CONTROLLERS.map((controller) => `/sys/fs/cgroup/${controller}/${this.#name}/${unit}`)
    for (const [index, folder] of folders.entries())
      await this.#machine.shell(`mount -o remount,bind,rw /sys/fs/cgroup/${CONTROLLERS[index]}; mkdir -p ${folder}
        chown ${user} ${folder} ${folder}/cgroup.procs; chmod 666 ${folder}/cgroup.procs`)
    const enter = folders.map((folder) => `echo 0 >${folder}/cgroup.procs`).join('; ')
    const start = (await this.#machine.shell(`sed -n 's/^ExecStart=//p' /etc/systemd/system/${unit}`)).trim()
    // As root, where the unit begins so.
    const [, how = '', command] = /^(!?)(.*)$/.exec(start) ?? []
    await this.#machine.write(
      `/etc/systemd/system/${unit}.d/given.conf`,
      `[Service]\nExecStart=\nExecStart=${how}/bin/sh -c '${enter}; exec ${command}'\n`,
    )
    await this.#machine.shell(`systemctl daemon-reload; systemctl restart ${unit}`)
  }

  /** Stops the units and takes them back: they are this computer's, and would outlive the machine. */
  async takeBack(...units: string[]): Promise<void> {
    await this.#machine.shell(`systemctl stop ${units.join(' ')}
      find /sys/fs/cgroup/*/${this.#name} -depth -type d -delete || true`)
  }
}
