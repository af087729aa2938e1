import { DecodeError } from '@ajar/models'
import { AskedModels } from '../asking/asked-models.ts'
import { jpegOf } from '../asking/jpeg-of.ts'
import { isoOf } from '../drawing/clock.ts'
import { agreement, type Judged } from '../measures/agreement.ts'
import { inTimeOrder, type LeftOut, takenAt } from '../measures/each-picture.ts'
import { told } from '../measures/told.ts'
import { type InputFile, OperationError, operation } from '../operation.ts'

/** What a model says of each file: any model, also one that is not active, or of another camera. */
export const classify = operation({
  name: 'Classify',
  description:
    'Asks a model which state each file shows, how sure it is, and whether that agrees with what was recorded when the ' +
    'frame came in. Try a new model on old frames, or one camera’s model on another.',
  category: 'analysis',
  inputs: {
    input_files: {
      name: 'Input Files',
      description: 'The frames to ask about. Other pictures are asked about too, where a model is named.',
      type: 'fits',
      minimum: 1,
      maximum: 999,
    },
    model: {
      name: 'Model',
      description:
        'Its id, device/camera@version. Left empty, each frame is asked of the active model of its own camera.',
      type: 'string',
      default: '',
      maxLength: 100,
      required: false,
    },
    threshold: {
      name: 'Least Confidence',
      description:
        'Below it the state is unknown, 0 to 1; left out, it is that of the frame’s camera, and 0.8 for other pictures.',
      type: 'float',
      minimum: 0,
      maximum: 1,
      required: false,
    },
  },
  dependsOn: ['recorded', 'cameras'],
  async perform({ input_files, model, threshold }, work) {
    const files = inTimeOrder(input_files)
    const ids = files.map((file) => modelFor(file, model.trim(), work.cameras ?? {}))
    const models = new AskedModels(work)
    const leftOut: LeftOut[] = []
    const judged: Judged[] = []
    try {
      // A model that is not there is told before the first thousand frames are asked about.
      for (const id of new Set(ids)) await models.load(id)
      for (const [i, file] of files.entries()) {
        const said = await ask(models, ids[i] as string, file, threshold).catch((error) => {
          if (!isOfThePicture(error)) throw error
          leftOut.push({ basename: file.basename, why: error.message })
          return null
        })
        if (said) judged.push(said)
        await work.report((i + 1) / files.length)
      }
    } finally {
      await models.close()
    }
    if (judged.length === 0)
      throw new OperationError('none_readable', `no file can be asked about; the first: ${leftOut[0]?.why}`)
    const states = models.states()
    await work.table('states', [...COLUMNS, ...states.map((state) => `p_${state}`)], rowsOf(judged, states))
    const bodies = judged.map(({ file, ...said }) => ({ basename: file.basename, time: isoOf(takenAt(file)), ...said }))
    work.data(told({ models: [...new Set(ids)], ...agreement(judged) }, bodies, leftOut))

    async function ask(models: AskedModels, id: string, file: InputFile, least: number | undefined): Promise<Judged> {
      const camera = cameraOf(file)
      const settings = camera === null ? undefined : work.cameras?.[camera]
      const said = await models.ask(id, await jpegOf(work, file, settings?.masks ?? []))
      const reason =
        said.unlike ?? (said.confidence < (least ?? settings?.threshold ?? DEFAULT_THRESHOLD) ? 'low_confidence' : null)
      const state = reason === null ? said.state : 'unknown'
      const recorded = file.recorded
      const { confidence, probabilities, novelty, state: likeliest } = said
      const agrees = recorded ? recorded.state === state : null
      return { file, model: id, state, reason, likeliest, confidence, novelty, probabilities, recorded, agrees }
    }
  },
})

const DEFAULT_THRESHOLD = 0.8
const MODEL_ID = /^[a-z0-9][a-z0-9-]{0,31}\/[a-z0-9][a-z0-9-]{0,31}@[1-9]\d{0,8}$/

const COLUMNS = [
  ...['basename', 'time', 'model', 'state', 'reason', 'likeliest', 'confidence', 'novelty'],
  ...['recorded_state', 'recorded_confidence', 'agrees'],
]

function cameraOf({ at }: InputFile): string | null {
  return 'frame' in at ? at.frame.camera : null
}

/** @throws OperationError where nobody says which model is to be asked */
function modelFor(file: InputFile, named: string, cameras: Readonly<Record<string, { activeModel: string | null }>>) {
  if (named !== '') {
    if (MODEL_ID.test(named)) return named
    throw new OperationError(
      'bad_model',
      `${named} is no model’s id: it reads device/camera@version, as on the page of models`,
    )
  }
  const camera = cameraOf(file)
  if (camera === null)
    throw new OperationError(
      'no_model',
      `${file.basename} is no camera’s frame: name the model to ask, device/camera@version`,
    )
  const active = cameras[camera]?.activeModel
  if (active) return active
  throw new OperationError(
    'no_model',
    `${camera} has no active model: train it, activate one, or name the model to ask`,
  )
}

function isOfThePicture(error: unknown): error is Error {
  return (
    error instanceof DecodeError ||
    ((error as { name?: unknown; fault?: unknown })?.fault === 'caller' && !(error instanceof OperationError))
  )
}

function* rowsOf(judged: readonly Judged[], states: readonly string[]) {
  for (const { file, model, state, reason, likeliest, confidence, novelty, probabilities, recorded, agrees } of judged)
    yield [
      ...[file.basename, isoOf(takenAt(file)), model, state, reason, likeliest, confidence, novelty],
      ...[recorded?.state ?? null, recorded?.confidence ?? null, agrees === null ? null : String(agrees)],
      ...states.map((one) => probabilities[one] ?? null),
    ]
}
