import type { Machine } from './machine.ts'

export const HOME = '/opt/ajar'

/** The release that `current` or `trusted` leads to. */
export async function linked(machine: Machine, name: 'current' | 'trusted'): Promise<string> {
  return (await machine.shell(`readlink ${HOME}/${name}`)).trim().replace('releases/', '')
}

/**
 * Makes another release: a copy of `from` whose files are the same ones until a script that runs in it puts others in their
 * places. @returns its folder
 */
export async function otherRelease(machine: Machine, from: string, name: string, change = ':'): Promise<string> {
  const folder = `${HOME}/releases/${name}`
  await machine.shell(
    `cp -al ${HOME}/releases/${from} ${folder}; cd ${folder}; rm complete; ${change}; echo ${name} >complete`,
  )
  return folder
}

/** Such a script: the release's server runs `code` first. */
export function serverBegins(code: string): string {
  const main = 'server/src/main.ts'
  return `(echo ${Buffer.from(`${code}\n`).toString('base64')} | base64 -d; cat ${main}) >new; mv new ${main}`
}

/** Such a script: a line of the server's unit that begins with `name` says something else. */
export function unitSays(name: string, value: string): string {
  const unit = 'deploy/systemd/ajar-server.service'
  return `sed 's/^${name}=.*/${name}=${value}/' ${unit} >new; mv new ${unit}`
}
