/** What a stage of a step is called, and what happens in it, in words. */
import { t, type TextKey } from '../../i18n/i18n.svelte';
import type { ExplainedStage } from '../../model/explained/stages';
import type { Rehearsed } from '../../model/explained/rehearsed';
import { formatCount } from '../../draw/format';
import { columnName } from '../network/labels';

/** "Layer 2: weighted sums" */
export function stageTitle(step: Rehearsed, { kind, layer, direction }: ExplainedStage): string {
  const what = t(`explain.${kind}` as TextKey);
  if (direction === 'turn' || direction === 'update' || kind === 'inputs') return what;
  return t('explain.of_layer', { layer: columnName(layer, step.last - 1), what });
}

/** One sentence on the stage, and of a mean of the weights where it stands. */
export function stageSentence(step: Rehearsed, { kind, layer }: ExplainedStage): string {
  if (kind === 'averaged') return averagedSentence(step);
  const convolution = step.layer(Math.max(1, layer)).kind === 'conv';
  const special = convolution && (kind === 'sum' || kind === 'gradient' || kind === 'pass_on');
  const pooled = kind === 'pass_on' && !step.layer(layer).weight;
  const key = pooled ? 'explain.pass_on_pool_says' : special ? `explain.${kind}_filter_says` : `explain.${kind}_says`;
  return t(key as TextKey);
}

function averagedSentence({ rehearsal: { averaging } }: Rehearsed): string {
  const says = t('explain.averaged_says');
  if (!averaging) return says;
  const { share, begun } = averaging;
  const more = [
    begun > 0 ? t('explain.averaged_since', { step: formatCount(begun) }) : '',
    share === 0 ? t('explain.averaged_stays') : share === 1 ? t('explain.averaged_anew') : '',
  ];
  return [says, ...more.filter(Boolean)].join(' ');
}
