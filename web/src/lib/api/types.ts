// The API as the screens use it: the generated types, and narrower ones where the description
// can only say "a string".
import type { components } from './schema';

type Schema = components['schemas'];

export type Lang = 'id' | 'en';
export type Texts = Record<string, string>;

export type Level = Schema['Level'];
export type Grain = Schema['Grain'];
export type Me = Schema['Me'];
export type Office = Schema['Office'];
export type OfficeList = Schema['OfficeList'];
export type PackInfo = Schema['PackRow'];
export type Pack = Omit<Schema['Pack'], 'measures'> & { measures: Measure[] };
export type RecordType = Schema['RecordType'];
export type Field = Schema['Field'];
export type FieldKind = Schema['FieldKind'];
export type Measure = Schema['Measure'] & { formula?: Schema['Expr'] | null };
export type Schedule = Schema['PackSchedule'];
export type View = Schema['View'];
export type Expr = Schema['Expr'];

/** A value on the wire, or one of the kinds of nothing; absence is "not yet received". */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type Fields = { [key: string]: Json };

export type Submission = Schema['Submission'];
export type Receipt = Schema['Receipt'];
export type Uploaded = Schema['Blob'];
export type RecordRow = Schema['RecordRow'];
export type RecordPage = Schema['RecordPage'];
export type HistoryEvent = Schema['HistoryEvent'];
export type RecordView = Omit<Schema['Record'], 'fields' | 'computed'> & { fields: Fields; computed: Fields };
export type ActionOffer = Schema['ActionOffer'];
export type Query = Schema['FigureQuery'];
export type Figure = Schema['Figure'];
export type FigureCell = Schema['FigureCell'];
export type MeasureInfo = Schema['MeasureInfo'];
export type Completeness = Schema['Completeness'];
export type Lineage = Schema['Lineage'];
export type Changes = Schema['Changes'];
export type Due = Schema['Due'];
export type Home = Schema['Home'];
export type Nodes = Schema['Nodes'];
export type OfficeNode = Schema['OfficeNode'];
export type NodeDetail = Schema['NodeDetail'];
export type NodeState = Schema['NodeState'];
export type SyncStatus = Schema['SyncStatus'];
export type BundleImported = Schema['BundleImported'];
export type BundleWaiting = Schema['BundleWaiting'];
export type SyncPeer = Schema['SyncPeer'];
export type QuarantinePage = Schema['QuarantinePage'];
export type QuarantineItem = Schema['QuarantineItem'];
export type QuarantineBytes = Schema['QuarantineBytes'];
export type Devices = Schema['Devices'];
export type DeviceRow = Schema['Device'];
export type DeviceCode = Schema['DeviceCode'];
export type DeviceEnrolled = Schema['DeviceEnrolled'];
export type DeviceAnswer = Schema['DeviceAnswer'];
export type People = Schema['People'];
export type Person = Schema['Person'];
export type LiveRecord = Schema['RecordEvent'];

/** A problem as the phone finds it; one from the node also has its sentence. */
export type Problem = Omit<Schema['Problem'], 'message'> & { message?: string };
