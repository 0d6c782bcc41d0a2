import { describe, expect, test } from 'vitest';
import { loadReportRequest } from '../../src/config/report-request.ts';
import { experimentOf, messageOf } from '../support/experiment.ts';

const USUAL = ['html', 'pdf', 'png', 'csv'];

describe('what is written', () => {
  const ofProfile = (more: string, commandLine = {}) =>
    experimentOf(`profile_models: m\n${more}`, commandLine).reports.formats;
  const ofReport = (output_formats?: string) =>
    loadReportRequest({ commandLine: { ...(output_formats && { output_formats }) } }).settings([]).formats;

  test('by default is what people read: files for other programs are asked for', () => {
    expect(ofProfile('')).toEqual(USUAL);
    expect(ofReport()).toEqual(USUAL);
  });

  test('is what was asked for, and the pages; after a run the tables, too', () => {
    expect(ofProfile('output_formats: [junit, pdf]')).toEqual(['html', 'pdf', 'csv', 'junit']);
    expect(ofProfile('output_formats: [junit]', { output_formats: 'markdown,openmetrics' })).toEqual([
      ...['html', 'csv', 'markdown', 'openmetrics'],
    ]);
    expect(ofReport('benchmark')).toEqual(['html', 'benchmark']);
  });

  test('without summaries is what other programs read, where that was asked for', () => {
    expect(ofProfile('skip_summary_reports: true')).toEqual([]);
    expect(ofProfile('skip_summary_reports: true\noutput_formats: [pdf, junit]')).toEqual(['junit']);
  });
});

test('no table takes the name of a file that lies beside it', () => {
  expect(messageOf('profile_models: m\nfilename_model_gpu: junit.xml')).toContain(
    `"junit.xml" can't be a table's name: tma writes it beside the tables`,
  );
});
