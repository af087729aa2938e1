/**
 * The edge agent: takes pictures, keeps them until the server has them, and publishes them over MQTT.
 *
 *     capture/, sensors/ -> outbox/ -> publish/
 *
 * The walk through its files, in the order a frame takes:
 * - `main.ts` starts `agent-process.ts`, `config.ts` is its config file, `agent.ts` puts the parts below together.
 * - `capture/drivers/` get pictures, one file each, listed in `capture/drivers.ts`; `capture/driver.ts` says what a driver
 *   is. Those that run a program lean on `capture/stream/`: `child.ts` runs and ends it, `splitter.ts` cuts its pictures
 *   out, `pictures.ts` takes the newest each interval; `pi-camera.ts`, `ffmpeg.ts` and `fields.ts` are what several of them
 *   say. `capture/snapshot/` asks by HTTP: `get.ts`, and `authorization.ts` with a password.
 * - `capture/loop.ts` takes the pictures of a camera, and counts what becomes of them; `fault.ts` is why there are none.
 * - `capture/sifting.ts` tells which are sent, and which go last when room is needed, by `capture/gate/gate.ts`: `luminance.ts`
 *   reads how light a JPEG is where (`scan.ts`, `huffman.ts`), `difference.ts` how much of it looks different, `config.ts` what
 *   of that is set, `damage.ts` what cannot be read.
 * - `sensors/drivers/` read sensors, one file each, listed in `sensors/drivers.ts`; `sensors/driver.ts` says what a driver
 *   is. `sensors/sensors.ts` has a `loop.ts` for each sensor, which makes readings of what it says and tells what fails.
 * - `sensors/gpio/line.ts` is a line of GPIO, and `open-line.ts` opens it through either of the kernel's interfaces:
 *   `chardev.ts` (structs in `uapi.ts`, calls in `system-calls.ts`), or `sysfs.ts`.
 * - `sensors/serial/port.ts` opens a serial port; `incoming.ts` makes readings of its bytes: `lines.ts` cuts them, `values.ts` reads a
 *   line, `pace.ts` says which are too many.
 * - `outbox/intake.ts` gives what was taken its id, which never changes again, and puts it into the outbox.
 *   Until the clock is trusted it waits there without one (`untimed.ts`, `boots.ts`). `steady-clock.ts` tells what is too old.
 * - `outbox/outbox.ts` is bounded (`room.ts`, `keeping.ts`) and survives SIGKILL and power cuts; `files.ts` is its folder on disk, `item.ts` says
 *   what its files are called, `queue.ts` which item goes next (`timeline.ts`), `importance.ts` which are lost last, `counts.ts`
 *   how many were, `last-ids.ts` which ids were given. What the disk does not take is sent from memory (`in-memory.ts`), and
 *   `trouble.ts` says why; readings that come fast pass through memory (`passing.ts`). `outbox-parts.ts` is what an outbox is made of.
 * - `publish/publisher.ts` keeps one `connection.ts` open, backs off (`backoff.ts`), and tells the status (`status-pace.ts`); `delivery.ts` sends, eight in flight,
 *   each deleted at its PUBACK, and fewer of a backlog (`backlog-window.ts`); `suspicion.ts` sets aside what the server refuses;
 *   `answers.ts` awaits its answers, as long as `patience.ts` allows; `trust.ts` says which servers are trusted over TLS.
 * - `settings.ts` answers what the server wants changed, `remembered.ts` keeps it for the next start; `status.ts` is what the agent says of itself.
 * - `door/` renders the door of the synthetic driver: `truth.ts` says what happens when, `scene.ts` builds the room,
 *   `lighting.ts`, `paint.ts` and `sensor.ts` make a frame of it, `render.ts` a JPEG; `chance.ts` is
 *   its dice.
 * - `reading-bundle.ts` is how several readings stand in one item of the outbox.
 * - `places.ts` looks after the files and folders of a config that is to be checked.
 * - `data-folder.ts` keeps a second agent out of the data folder.
 * - `clock.ts`, `log.ts`, `failure.ts`, `wakeup.ts`, `memory.ts` and `version.ts` are what all of them lean on.
 */
export { type Agent, type AgentEvent, type AgentPorts, createAgent } from './agent.ts'
export type { CameraConfig } from './capture/drivers.ts'
export { GateConfig } from './capture/gate/config.ts'
export { Gate, type GateParts, type Verdict } from './capture/gate/gate.ts'
export { type Luminance, LuminanceReader } from './capture/gate/luminance.ts'
export type { CapturedFrame } from './capture/loop.ts'
export { type Clock, systemClock } from './clock.ts'
export { Config, checkConfig, readConfig } from './config.ts'
export { type DoorPicture, renderDoor } from './door/render.ts'
export { DAY_MS, type DoorTruth, doorTruth } from './door/truth.ts'
export { AgentError } from './failure.ts'
export type { Log } from './log.ts'
export { readTrust, type Trust } from './publish/trust.ts'
export type { GpioLine, LineRequest } from './sensors/gpio/line.ts'
export { type Access, openLine } from './sensors/gpio/open-line.ts'
export type { TakenReading } from './sensors/loop.ts'
export { Sensors } from './sensors/sensors.ts'
export type { AgentStatus } from './status.ts'
