/** The address of the security log's page. Pure. */

export const SECURITY_PAGE = '/security';
