import * as protocol from '@ajar/protocol'
import { Value as Whole } from 'typebox/value'
import { describe, expect, test } from 'vitest'
