/** What a sign-up says, and which of its fields are wrong, as pure functions. */
import type { Problem, SignUp } from '../rest/index.ts';

/** Who signs up; an administrator is made by another one. */
export const ROLES = ['crew', 'hospital', 'control', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

/** Fields as the server names them, in the order in which they stand. */
export const FIELDS = [
  'role',
  'name',
  'organisation',
  'certificate',
  'hospital',
  'regions',
  'email',
  'phone',
  'login',
  'password',
] as const;
export type Field = (typeof FIELDS)[number];

const OF_ROLE: Readonly<Partial<Record<Field, readonly Role[]>>> = {
  certificate: ['crew'],
  hospital: ['hospital'],
  regions: ['crew', 'control'],
};

/** Whether a role is asked for a field. What was typed for another role stays, and is not sent. */
export const isAsked = (field: Field, role: Role): boolean => OF_ROLE[field]?.includes(role) ?? true;

/** What is sent: of each role only what it is asked for. A crew has its one region in a list of its own. */
export function signUpOf(form: FormData, role: Role): SignUp {
  const said = (field: string): string => String(form.get(field) ?? '').trim();
  const regions = form.getAll(role === 'crew' ? 'region' : 'regions').map(String);
  return {
    role,
    name: said('name'),
    organisation: said('organization'),
    email: said('email'),
    phone: said('tel'),
    login: said('username'),
    password: String(form.get('password') ?? ''),
    ...(isAsked('certificate', role) ? { certificate: said('certificate') } : {}),
    ...(isAsked('hospital', role) ? { hospital: said('hospital').toUpperCase() } : {}),
    ...(isAsked('regions', role) ? { regions: regions.filter((code) => code !== '') } : {}),
  };
}

/** The fields that the server found wrong, in the order in which they stand; a part of a field is the field. */
export function wrongOf(problem: Problem, role: Role): Field[] {
  const named = problem.fields.map((f) => f.field.split(/[.[]/)[0]);
  return FIELDS.filter((field) => named.includes(field) && isAsked(field, role));
}
