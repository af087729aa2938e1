import { teachDoor } from '../../journeys/lesson.ts'
import { door, withComment } from '../../journeys/pictures.ts'
import { type Frame, until } from '../../journeys/system.ts'
import { InstalledServer } from '../installed-server.ts'
import { Machine } from '../machine.ts'
import { Traffic } from '../traffic.ts'
import { armKills } from './kill-at-step.ts'
import { REMOTE, Variants } from './variants.ts'

/** Where stories of redeploys are played: one machine, a remote repository in it, an installed server that knows a door. */

/** Each release that is made is installed with all its packages first. */
const ROOM = '6g'
export const CAMERA = 'pi/door'
const DAY_MS = 86_400_000
const ALLOWED = '/etc/ajar/allowed_signers'
/** For so long a release is on trial unless told. */
export const TRIAL_SECONDS = 2
const TRAFFIC = { path: '/api/health/ready', perSecond: 50, pauseMs: 100 }

export interface CameraState {
  state: string
  since: string
  model: string
}

export class Stage {
  readonly machine: Machine
  readonly server: InstalledServer
  readonly variants: Variants
  readonly traffic: Traffic
  /** What the camera showed before any redeploy, and shows ever after. */
  readonly cameraState: CameraState

  private constructor(parts: Pick<Stage, 'machine' | 'server' | 'variants' | 'traffic' | 'cameraState'>) {
    this.machine = parts.machine
    this.server = parts.server
    this.variants = parts.variants
    this.traffic = parts.traffic
    this.cameraState = parts.cameraState
  }

  static async open(): Promise<Stage> {
    const machine = await Machine.start({ size: ROOM })
    const variants = Variants.make()
    try {
      const server = await InstalledServer.install(machine, { settings: settings(), canBeHurt: false })
      await machine.write(ALLOWED, variants.ours.allowed)
      await armKills(machine)
      await server.api.send('POST', '/api/devices', { name: 'pi' })
      await teachDoor(server, CAMERA)
      // Nothing comes from it any more, and what it showed last stays.
      await server.api.send('PATCH', `/api/cameras/${CAMERA}`, { staleAfterMs: DAY_MS })
      const cameraState = await openDoor(server)
      const traffic = await Traffic.open(server, TRAFFIC)
      return new Stage({ machine, server, variants, traffic, cameraState })
    } catch (error) {
      variants.remove()
      await machine.close()
      throw error
    }
  }

  /** So long a release is on trial from now on. */
  async setTrial(seconds: number): Promise<void> {
    await this.server.writeSettings(settings(seconds))
    // Whoever waits for work there has read the settings at its start.
    await this.machine.shell('systemctl stop ajar-redeploy.service')
  }

  async close(): Promise<void> {
    await this.traffic.close()
    this.variants.remove()
    await this.machine.close()
  }
}

const settings = (trialSeconds = TRIAL_SECONDS) => [
  `AJAR_RELEASE_REMOTE_URL=${REMOTE}`,
  `AJAR_RELEASE_TRIAL=${trialSeconds}`,
]

/** Sends an open door until the camera is seen to be open. */
async function openDoor({ api }: InstalledServer): Promise<CameraState> {
  let sent = 0
  return await until(async () => {
    const jpeg = withComment(await door('open'), `picture ${sent++}`)
    const { frame } = await api.sendJpeg<{ frame: string }>(`/api/cameras/${CAMERA}/frames`, jpeg)
    await until(async () => (await api.get<Frame>(`/api/frames/${frame}`)).outcome === 'classified')
    const state = await api.get<CameraState>(`/api/cameras/${CAMERA}/state`)
    return state.state === 'open' ? state : null
  })
}
