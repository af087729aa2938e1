import tensorflow from '@tensorflow/tfjs-core/package.json' with { type: 'json' }
import models from '../package.json' with { type: 'json' }

/** Of this package, and of the TensorFlow.js that it trains with. */
export const VERSIONS = { models: models.version, tensorflow: tensorflow.version }
