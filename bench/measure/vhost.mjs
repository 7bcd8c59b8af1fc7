/** The names of the queues are fixed, so two installations on one broker need two vhosts. Gives the URL of a new one. */
export async function vhost(rabbit, name) {
  await rabbit.ctl('add_vhost', name);
  await rabbit.ctl('set_permissions', '-p', name, 'guest', '.*', '.*', '.*');
  return `${rabbit.url}/${name}`;
}
