import { PanelBuilder as BarGauge } from '@grafana/grafana-foundation-sdk/bargauge'
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TableCellDisplayMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  DashboardLinkBuilder,
  DashboardLinkType,
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as StateTimeline } from '@grafana/grafana-foundation-sdk/statetimeline'
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries'
import { type Query, SOURCE, targets } from './influx.ts'
import type { Link } from './links.ts'
import { GREY, STATE_COLOURS, STATE_MAPPINGS } from './states.ts'

/** What every panel has. Sizes are of Grafana's grid, which is 24 wide. */
export interface Frame {
  title: string
  description: string
  width: number
  height?: number
  queries: Query[]
}

const HEIGHT = 8

function framed<T extends Stat | StateTimeline | Table | TimeSeries | BarGauge>(panel: T, frame: Frame): T {
  const { title, description, width, height = HEIGHT, queries } = frame
  panel
    .title(title)
    .description(description)
    .span(width)
    .height(height)
    .datasource(SOURCE)
    .targets(targets(...queries))
  return panel
}

const legend = () =>
  new VizLegendOptionsBuilder().showLegend(true).displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom)
const tooltip = () => new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending)
const colour = (mode: FieldColorModeId) => new FieldColorBuilder().mode(mode)

/** Lines over time; what nothing is known of is left out, not drawn through. */
export function lines(frame: Frame, unit: string): TimeSeries {
  return framed(new TimeSeries(), frame)
    .unit(unit)
    .drawStyle(GraphDrawStyle.Line)
    .lineInterpolation(LineInterpolation.Linear)
    .lineWidth(1)
    .fillOpacity(0)
    .showPoints(VisibilityMode.Auto)
    .spanNulls(false)
    .colorScheme(colour(FieldColorModeId.PaletteClassicByName))
    .legend(legend())
    .tooltip(tooltip())
}

/** Bars on top of each other. */
export function bars(frame: Frame, unit: string, mode = StackingMode.Normal): TimeSeries {
  return lines(frame, unit)
    .drawStyle(GraphDrawStyle.Bars)
    .lineWidth(0)
    .fillOpacity(80)
    .min(0)
    .stacking(new StackingConfigBuilder().mode(mode).group('A'))
}

/** Series whose names are states. */
export function inStateColours(panel: TimeSeries): TimeSeries {
  for (const [name, properties] of STATE_COLOURS) panel.overrideByName(name, properties)
  return panel
}

/** Bands of texts or of 0 and 1, one for each series. */
export function timeline(frame: Frame): StateTimeline {
  return framed(new StateTimeline(), frame)
    .mappings(STATE_MAPPINGS)
    .colorScheme(colour(FieldColorModeId.Fixed).fixedColor(GREY))
    .mergeValues(true)
    .showValue(VisibilityMode.Auto)
    .rowHeight(0.9)
    .fillOpacity(80)
    .lineWidth(0)
    .legend(legend())
    .tooltip(tooltip())
}

/** One figure or text, large: the last that its query answers. */
export function figure(frame: Frame, field = '/.*/'): Stat {
  return framed(new Stat(), frame)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields(field))
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .colorScheme(colour(FieldColorModeId.Fixed).fixedColor('text'))
}

/** How much there is of each series, as bars with figures. */
export function shares(frame: Frame, unit: string): BarGauge {
  const panel = framed(new BarGauge(), frame)
    .unit(unit)
    .min(0)
    .displayMode(BarGaugeDisplayMode.Basic)
    .orientation(VizOrientation.Horizontal)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .colorScheme(colour(FieldColorModeId.PaletteClassicByName))
  for (const [name, properties] of STATE_COLOURS) panel.overrideByName(name, properties)
  return panel
}

/** @param columns by the name that the query gives them; `null` hides one */
export function table(frame: Frame, columns: Record<string, Column | null>): Table {
  const panel = framed(new Table(), frame)
  for (const [name, column] of Object.entries(columns))
    panel.overrideByName(name, column ? propertiesOf(column) : [{ id: 'custom.hidden', value: true }])
  return panel
}

interface Column {
  /** Above it; its name where there is none. */
  title?: string
  unit?: string
  decimals?: number
  width?: number
  /** Its values are states. */
  isState?: boolean
  mappings?: ValueMapping[]
  link?: Link
}

function propertiesOf({ title, unit, decimals, width, isState, mappings, link }: Column): DynamicConfigValue[] {
  const given: Record<string, unknown> = {
    displayName: title,
    unit,
    decimals,
    'custom.width': width,
    mappings: isState ? STATE_MAPPINGS : mappings,
    'custom.cellOptions': isState || mappings ? { type: TableCellDisplayMode.ColorText } : undefined,
    links: link && [{ title: link.title, url: link.url, targetBlank: link.elsewhere ?? false }],
  }
  return Object.entries(given).flatMap(([id, value]) => (value === undefined ? [] : [{ id, value }]))
}

/** From one of our dashboards to the others, at the same time. A choice of many devices is none that one door could take. */
export const toOthers = () =>
  new DashboardLinkBuilder('ajar')
    .type(DashboardLinkType.Dashboards)
    .tags(['ajar'])
    .asDropdown(false)
    .includeVars(false)
    .keepTime(true)
