import { costNotes } from './cost-problems.ts';
import type { LaunchSettings, ModelPlan } from './experiment.ts';
import { generatorNotes, usesPerfAnalyzer } from './generator.ts';
import type { GivenOptions } from './given-options.ts';
import { goalNotes } from './goals.ts';
import { launchNotes } from './launch-settings.ts';
import type { OptionValues } from './options.ts';
import { NO_FLAGS } from './read-load-flags.ts';
import { searchNotes } from './search-mode.ts';
import { loadNotes } from './search-plan.ts';
import { splitServerFlags } from './server-flags.ts';

/** A line for whatever was asked for and has no effect, or gives way to something else that was asked for. */
export function notesOf(
  given: GivenOptions,
  launch: LaunchSettings,
  models: readonly ModelPlan[],
): readonly string[] {
  const { values } = given;
  const notes = [...given.notes, ...generatorNotes(values)];
  for (const { name, settings } of values.profile_models ?? []) {
    const flags = settings.perf_analyzer_flags ?? values.perf_analyzer_flags ?? NO_FLAGS;
    if (flags.theirs.length > 0 && !usesPerfAnalyzer(values)) {
      notes.push(`perf_analyzer_flags of ${name} without effect here: ${flags.theirs.join(', ')}`);
    }
    notes.push(...flags.decided.map((line) => `perf_analyzer_flags of ${name}: ${line}`));
    const { client_protocol } = values;
    if (flags.protocol && client_protocol && flags.protocol !== client_protocol) {
      const wins = client_protocol === 'grpc' ? 'client_protocol wins' : 'perf_analyzer_flags win';
      notes.push(
        `${name}: client_protocol is ${client_protocol}, perf_analyzer_flags say ${flags.protocol}: ${wins}`,
      );
    }
    const unused = (['genai_perf_flags', 'weighting'] as const).filter((key) => settings[key] !== undefined);
    if (unused.length > 0) notes.push(`without effect here for ${name}: ${unused.join(', ')}`);
  }
  for (const entry of values.profile_models ?? [])
    notes.push(...loadNotes(entry, values), ...goalNotes(entry, values));
  notes.push(...searchNotes(values), ...costNotes(values, models));
  if (launch.mode === 'remote' && !launch.remote.reload)
    notes.push('reload_model_disable: what the server runs is measured as it is, no variants are tried');
  notes.push(...launchNotes(values, launch, models));
  if (launch.mode === 'local' || launch.mode === 'docker') notes.push(...serverFlagNotes(values));
  return [...new Set(notes)];
}

const serverFlagNotes = (values: OptionValues): string[] =>
  [
    values.triton_server_flags,
    ...(values.profile_models ?? []).map(({ settings }) => settings.triton_server_flags),
  ].flatMap((flags) => splitServerFlags(flags ?? {}).notes);
