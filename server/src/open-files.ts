import { readFileSync } from 'node:fs'

/** Files, and connections, that this process may have open at once; null where nobody says so. */
export function mostOpenFiles(limits: string = limitsOfProcess()): number | null {
  const [, most] = /^Max open files +(\d+)/m.exec(limits) ?? []
  return most === undefined ? null : Number(most)
}

/** Linux says it here (proc_pid_limits(5)); Node has raised the limit as far as it may. */
function limitsOfProcess(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return ''
  }
}

/**
 * How many connections of one kind may be open: `wanted`, or a quarter of what the process may open. There are three kinds (HTTP,
 * WebSocket, MQTT), and the last quarter is for databases and pictures.
 */
export function connectionShare(wanted: number, openFiles: number | null = mostOpenFiles()): number {
  return openFiles === null ? wanted : Math.min(wanted, Math.floor(openFiles / 4))
}
