import type { FrameStore } from './database/frames/frame-store.ts'
import type { Registry } from './devices/registry.ts'
import type { Sources } from './devices/sources.ts'
import type { Doors } from './doors/doors.ts'
import { doorsHealth } from './doors/doors-health.ts'
import type { HttpConnections } from './http/connections.ts'
import type { OpenStreams } from './http/open-streams.ts'
import type { Jobs } from './jobs/jobs.ts'
import { workerHealth } from './jobs/worker/open-workers.ts'
import type { Workers } from './jobs/worker/workers.ts'
import { logFileHealth } from './logging/file-health.ts'
import type { Logging } from './logging/logging.ts'
import { connectionsHealth } from './observe/connections-health.ts'
import type { HealthCheck } from './observe/health.ts'
import { modelsHealth } from './observe/models-health.ts'
import { partChecks } from './observe/part-checks.ts'
import type { Pipeline } from './pipeline.ts'
import type { LastRun } from './releases/last-run.ts'
import type { Retention } from './retention/retention.ts'

interface Health {
  health: HealthCheck
}

export interface CheckedParts {
  frames: Pick<FrameStore, 'held'>
  pipeline: Pick<Pipeline, 'engine' | 'engineFailure' | 'recorder' | 'classifier' | 'readingsHeld'>
  influx: { health(): Pick<HealthCheck, 'level' | 'text'> }
  retention: Pick<Retention, 'alarms'>
  /** What each waits for, by camera. */
  unfinishedRenamings: Map<string, string>
  listeners(): HealthCheck[]
  connections: Pick<HttpConnections, 'crowd'>
  streams: Pick<OpenStreams, 'crowd'>
  logFollowers: Pick<OpenStreams, 'crowd'>
  logging: Pick<Logging, 'file'>
  doors: Doors
  sources: Pick<Sources, 'list' | 'ofKind' | 'find' | 'judged'>
  registry: Pick<Registry, 'health'>
  workers: Workers
  jobs: Pick<Jobs, 'heldUpForMs'>
  processes: Health
  loopLag: Health
  alerts: Health
  lastRun: Pick<LastRun, 'health'>
  backups: { nightly: Health }
  laboratory: { usage: { health: HealthCheck[] } }
  programs: Health
}

/** All that health tells, each part in its own words. @returns asked at every call; answers at once from memory */
export function healthChecks(parts: CheckedParts): () => HealthCheck[] {
  const { frames, pipeline, influx, retention, unfinishedRenamings, connections, streams } = parts
  const { logFollowers, logging, sources, registry, workers, jobs, processes, loopLag, alerts, backups, lastRun } =
    parts
  const ofParts = (): HealthCheck[] => [
    ...partChecks({
      framesHeld: frames.held,
      stateHeld: pipeline.recorder.held ?? pipeline.readingsHeld,
      ...{ engine: pipeline.engine, engineFailure: pipeline.engineFailure },
      influx: influx.health(),
    }),
    ...retention.alarms,
    ...[...unfinishedRenamings.values()].map((text) => ({ name: 'renaming', level: 'error' as const, text })),
    ...parts.listeners(),
    connectionsHealth(connections.crowd, [streams.crowd, logFollowers.crowd]),
    ...logFileHealth(logging.file),
    ...modelsHealth(sources.list(), (model) => pipeline.classifier.damageOf(model)),
    ...doorsHealth(sources, parts.doors),
    ...registry.health,
    workerHealth(workers, jobs.heldUpForMs),
    processes.health,
    loopLag.health,
    alerts.health,
    backups.nightly.health,
    ...parts.laboratory.usage.health,
    parts.programs.health,
  ]
  return () => {
    const found = ofParts()
    return [...found, ...lastRun.health(found)]
  }
}
