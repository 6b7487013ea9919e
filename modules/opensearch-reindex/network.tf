resource "aws_security_group" "lambda" {
  # Not try(): its result is unknown at plan while any ID in vpc_config is unknown.
  count = var.vpc_config == null ? 0 : var.vpc_config.egress == null ? 0 : 1

  name        = "${local.name}-lambda"
  description = "What the steps of ${local.name} may reach" # AWS cannot change it: another text replaces the group
  vpc_id      = var.vpc_config.egress.vpc_id
  tags        = var.tags

  # After the functions are destroyed, Lambda takes some time to delete the network interfaces, with the role of the
  # functions. The dependency keeps the permissions of the role until the group is destroyed.
  depends_on = [aws_iam_role_policy.lambda]
}

locals {
  # Keyed by position, because for_each needs known keys and the values may be unknown at plan.
  egress_rules = length(aws_security_group.lambda) == 0 ? {} : merge(
    { for position, cidr in var.vpc_config.egress.cidr_blocks : "cidr_block_${position}" => { cidr_block = cidr } },
    { for position, id in var.vpc_config.egress.prefix_list_ids : "prefix_list_${position}" => { prefix_list_id = id } },
    { for position, id in var.vpc_config.egress.security_group_ids : "security_group_${position}" => { security_group_id = id } },
  )
}

resource "aws_vpc_security_group_egress_rule" "lambda" {
  for_each = local.egress_rules

  security_group_id            = aws_security_group.lambda[0].id
  description                  = "HTTPS from the Lambda functions"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  cidr_ipv4                    = try(each.value.cidr_block, null)
  prefix_list_id               = try(each.value.prefix_list_id, null)
  referenced_security_group_id = try(each.value.security_group_id, null)
  tags                         = var.tags
}
