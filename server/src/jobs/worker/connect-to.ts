import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { type Meeting, meetingPoint } from './socket-path.ts'

/** For a worker. @returns null where there is no server now */
export async function connectTo(meeting: Meeting): Promise<Socket | null> {
  let close = () => {}
  try {
    const point = meetingPoint(meeting)
    close = point.close
    const socket = createConnection(point.path)
    socket.on('error', () => {}) // the connection's end is what counts
    await once(socket, 'connect')
    return socket
  } catch {
    return null
  } finally {
    close()
  }
}
