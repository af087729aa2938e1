import { jobWorkerMeeting, type Meeting, programsMeeting } from './socket-path.ts'

/** Workers of one sort, which may do the same work. */
export interface Pool {
  /** For people. */
  title: string
  meeting: Meeting
  /** A connection does one piece of work at a time; more of them are sent away. */
  mostConnections: number
  /** So many connections one process is told to have. */
  connectionsEach: number
  /** Processes of the server's own at most. */
  mostOwn: number
  /** For how long one of the server's own has nothing to do before it ends, and its memory is given back. */
  idleMs: number
}

/**
 * Two are enough for a training beside an operation; others are spares, or take over from one that ends. More are a mistake.
 * A second one of the server's own runs only while the first has something to do.
 */
export function jobWorkers(dataDir: string): Pool {
  const meeting = jobWorkerMeeting(dataDir)
  return { title: 'job worker', meeting, mostConnections: 4, connectionsEach: 1, mostOwn: 2, idleMs: 60_000 }
}

/**
 * One process runs all programs, each in a box. It waits for longer than others do: who tries a program changes a line and
 * tries again, and is not to wait for its start each time. @param atOnce programs
 */
export function programsWorkers(dataDir: string, folder: string, atOnce: number): Pool {
  return {
    title: 'programs worker',
    meeting: programsMeeting(dataDir, folder),
    mostConnections: 2 * (atOnce + 1), // one that takes over while the one before goes
    connectionsEach: atOnce + 1, // programs do not wait for what is asked of the machine
    mostOwn: 1,
    idleMs: 600_000,
  }
}
