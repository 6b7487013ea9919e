resource "aws_security_group" "lambda" {
  # Without try(), which knows nothing as long as one id in vpc_config is to be made.
  count = var.vpc_config == null ? 0 : var.vpc_config.egress == null ? 0 : 1

  name        = "${local.name}-lambda"
  description = "What the steps of ${local.name} may reach"
  vpc_id      = var.vpc_config.egress.vpc_id
  tags        = var.tags

  # Destroyed before it: Lambda removes the network interfaces, some time after the functions, with the functions' role.
  depends_on = [aws_iam_role_policy.lambda]
}

locals {
  # By position: the values may be known only when they are made.
  egress_rules = length(aws_security_group.lambda) == 0 ? {} : merge(
    { for position, cidr in var.vpc_config.egress.cidr_blocks : "cidr_block_${position}" => { cidr_block = cidr } },
    { for position, id in var.vpc_config.egress.prefix_list_ids : "prefix_list_${position}" => { prefix_list_id = id } },
    { for position, id in var.vpc_config.egress.security_group_ids : "security_group_${position}" => { security_group_id = id } },
  )
}

resource "aws_vpc_security_group_egress_rule" "lambda" {
  for_each = local.egress_rules

  security_group_id            = aws_security_group.lambda[0].id
  description                  = "HTTPS"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  cidr_ipv4                    = try(each.value.cidr_block, null)
  prefix_list_id               = try(each.value.prefix_list_id, null)
  referenced_security_group_id = try(each.value.security_group_id, null)
  tags                         = var.tags
}
