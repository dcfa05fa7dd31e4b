// Lets keepalived's checkers run on a kernel without IPVS: what they would tell the kernel's load balancer when a
// service fails or comes back is dropped, and acknowledged. Between two such changes, which is all that is measured,
// they do not speak to it.
typedef int callback(void *message, void *argument);
static callback *acknowledge;
static void *argument;

int genl_ctrl_resolve(void *socket, const char *name) { return (void)socket, (void)name, 1; }
int nl_send_auto(void *socket, void *message) { return (void)socket, (void)message, 1; }

// Type 4: NL_CB_ACK.
int nl_socket_modify_cb(void *socket, int type, int kind, callback *function, void *with) {
  (void)socket, (void)kind;
  if (type == 4) acknowledge = function, argument = with;
  return 0;
}

int nl_recvmsgs_default(void *socket) { return (void)socket, acknowledge ? (void)acknowledge(0, argument), 0 : 0; }
