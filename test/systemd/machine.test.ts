import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Machine } from './machine.ts'
import { machineForFile } from './machine-for-file.ts'

/** The machine itself, before anything of ours runs in it. */

let machine: Machine

machineForFile((started) => {
  machine = started
})

const PROBE = '/root/written-in-a-machine'
const ECHO = `[Service]
ExecStart=/mnt/ajar/node_modules/.bin/node -e 'require("http").createServer((_, to) => to.end("from inside")).listen(8080)'
Restart=always
`

test('a command runs as root under a systemd of its own, and what fails says so', async () => {
  expect((await machine.run(['cat', '/proc/1/comm'])).stdout).toBe('systemd\n')
  expect((await machine.run(['sh', '-c', 'echo why >&2; exit 3'])).code).toBe(3)
  await expect(machine.shell('exit 3')).rejects.toThrow('exit code 3')
  await expect(machine.run(['sleep', '60'], { limitMs: 100 })).rejects.toThrow('did not end within')
})

test('the host gets none of its files; they outlive a reboot and a power cut', async () => {
  await machine.write(PROBE, 'kept')
  expect(existsSync(PROBE)).toBe(false)
  await machine.shutDown()
  await machine.boot()
  expect(await machine.shell(`cat ${PROBE}`)).toBe('kept')
  await machine.cutPower()
  await machine.boot()
  expect(await machine.shell(`cat ${PROBE}`)).toBe('kept')
})

test('a service in it is reached from outside, and a port without one hangs up', async () => {
  await machine.write('/etc/systemd/system/echo.service', ECHO)
  await machine.shell('systemctl daemon-reload; systemctl start echo')
  const [port, nobody] = [await machine.reach(8080), await machine.reach(8081)]
  const answer = () => fetch(`http://127.0.0.1:${port}`).then((got) => got.text())
  await expect.poll(() => answer().catch(() => null), { timeout: 20_000 }).toBe('from inside')
  await expect(fetch(`http://127.0.0.1:${nobody}`)).rejects.toThrow()
  expect(await machine.journal('echo')).toContain('Started')
  expect(await machine.show('echo', 'ActiveState', 'NRestarts')).toEqual({ ActiveState: 'active', NRestarts: '0' })
})
