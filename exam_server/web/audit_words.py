"""What the lines of the audit log are called on its page; English pages show the codes as words."""

import json

from flask import Flask

from exam_server.languages import language
from registry.audit_log import AuditEntry

ACTIONS = {
    "readmit_seat": "恢复后重新接入机位",
    "restore_store": "从备份恢复考场数据",
    "issue_continuation": "印发转纸笔答题卡",
    "print_continuation": "打印转纸笔试题册",
    "promote_witness": "备机启用为考场服务器",
    "note_witness": "备机同步状态变化",
    "export_sitting": "导出场次数据",
    "import_sitting": "导入场次数据",
    "ask_for_seb": "要求安全考试浏览器",
    "override_seb": "免 SEB 校验放行",
    "add_remark": "批注试题",
    "add_room": "登记考场",
    "advance_plan": "计划状态变更",
    "amend_enrolment": "更正报名",
    "apply_for_filing": "申请机构备案",
    "approve_issue": "审批发证",
    "approve_plan": "批准计划",
    "arrange_candidates": "编排座位",
    "assign_page": "答题卡对应考生",
    "assign_proctor": "安排监考",
    "bind_account": "账号关联人员",
    "cancel_plan": "取消计划",
    "change_password": "修改密码",
    "claim_seat": "考生登录机位",
    "close_account": "停用账号",
    "close_room": "关闭考场",
    "compose_paper": "组卷",
    "compose_set": "组卷",
    "confirm_filing": "确认机构备案",
    "confirm_page": "复核完成",
    "confirm_results": "确认成绩",
    "confirm_rules": "确认考生须知",
    "correct_group": "复核填涂",
    "decide_enrolment": "审核报名",
    "dispatch_examiners": "派遣考评员",
    "draft_plan": "新建计划",
    "end_attempt": "结束作答",
    "enrol_candidate": "录入报名",
    "establish_centre": "设立中心",
    "establish_centres": "设立各级中心",
    "draft_specification": "起草考核规范",
    "file_specification": "考核规范备案",
    "move_development": "立项开发状态变更",
    "propose_project": "提出开发需求",
    "publish_catalog": "公布考核目录",
    "publish_specification": "公布考核规范",
    "record_filing": "登记国家备案",
    "return_specification": "退回考核规范",
    "submit_specification": "考核规范送审",
    "withdraw_specification": "撤回考核规范",
    "write_specification": "修改考核规范",
    "give_extra_time": "延长时间",
    "work_paused": "暂停考试",
    "work_resumed": "恢复考试",
    "compensate": "裁定补时",
    "reopen_attempt": "恢复作答",
    "void_attempt": "判为无效",
    "decide_late": "裁定迟到操作",
    "let_in_late": "迟到放行入场",
    "set_exam_rules": "设定考场规则",
    "handle_event": "处理考场事件",
    "away_lock": "开启离屏遮盖",
    "away_unlock": "停止离屏遮盖",
    "uncover_paper": "放行被遮盖的答卷",
    "issue_cards": "生成答题卡",
    "save_card_design": "保存答题卡版式",
    "release_card_design": "发布答题卡版式",
    "withdraw_card_design": "停用答题卡版式",
    "issue_certificate": "核发证书",
    "issue_certificates": "批量核发证书",
    "load_bank": "载入题库",
    "load_calendar": "载入工作日历",
    "load_catalog": "载入考核目录",
    "load_divisions": "载入行政区划",
    "load_element_tree": "载入细目表",
    "load_former_divisions": "载入原行政区划",
    "load_practical_paper": "载入操作技能试卷",
    "open_account": "新建账号",
    "open_batch": "新建扫描批次",
    "add_scan_file": "上传扫描文件",
    "start_batch": "开始识读批次",
    "cancel_batch": "停止识读批次",
    "finish_batch": "识读完批次",
    "open_check_in": "开放登录",
    "open_sheet": "开始评分",
    "plan_sitting": "添加场次",
    "prepare_run": "下发试卷",
    "print_booklet": "打印试卷",
    "print_answer_sheet": "打印答题纸",
    "print_certificate": "打印证书",
    "print_page": "打印试题页面",
    "print_paper": "打印试卷",
    "print_room_record": "打印考场情况记录单",
    "print_standard": "打印标准答案",
    "publish_results": "公布成绩",
    "qualify_examiner": "增加考评资格",
    "raise_hand": "考生举手",
    "answer_question_report": "答复考生反映的试题",
    "receive_blanks": "空白证书入库",
    "record_incident": "记录考场事件",
    "record_identity": "核验身份",
    "record_marks": "记录评分",
    "record_presence": "登记到场情况",
    "record_result": "登记成绩",
    "register_examiner": "登记考评员",
    "reject_page": "剔除扫描页",
    "release_batch": "答题卡移交评分",
    "release_feedback": "反馈审核结果",
    "release_paper": "签发试卷",
    "release_set": "签发试卷",
    "release_seat": "释放机位",
    "ask_transfer": "另一台机器要求换机",
    "approve_transfer": "批准换机",
    "deny_transfer": "拒绝换机",
    "take_over_seat": "在另一台机器接着考",
    "return_to_seat": "浏览器重开后回到原机位",
    "renew_card": "考评员证卡换发",
    "reopen_sheet": "退回重评",
    "reset_password": "重置密码",
    "move_item": "变更试题状态",
    "appoint_member": "委任题库成员",
    "close_task": "结束命题任务",
    "dismiss_member": "解除题库成员",
    "order_items": "下达命题任务",
    "sign_undertaking": "签署保密承诺",
    "propose_erratum": "提出试题勘误",
    "decide_erratum": "裁定试题勘误",
    "refuse_erratum": "不采纳试题勘误",
    "export_bank": "导出题库",
    "import_items": "导入试题",
    "try_import": "试读导入文件",
    "view_import": "查看导入检查结果",
    "discard_import": "放弃导入文件",
    "export_erratum": "导出勘误成绩",
    "save_element_table": "修改细目表",
    "view_bank": "查看题库",
    "view_item": "查看试题",
    "view_own_items": "查看本人试题",
    "view_paper": "查看试卷",
    "return_plan": "退回计划",
    "reveal_id_number": "查看证件号码",
    "review_bank": "审定题库",
    "review_item": "审题",
    "rule_dispute": "裁决争议",
    "save_blueprint": "保存组卷方案",
    "send_message": "发送消息",
    "sign_in": "登录",
    "sign_in_refused": "登录被拒",
    "sign_out": "退出登录",
    "spoil_blank": "空白证书作废",
    "seal_papers": "封存试卷",
    "undo_sealing": "撤销封存",
    "unlock_papers": "启封试卷",
    "unlock_refused": "启封未成功",
    "start_sitting": "开考",
    "submit_item": "试题送审",
    "create_item": "新建试题",
    "begin_draft": "开始修改试题",
    "add_figure": "上传插图",
    "save_version": "保存试题版本",
    "discard_draft": "放弃未保存的修改",
    "withdraw_item": "撤回送审",
    "settle_remark": "处理批注",
    "set_enemy_group": "设置互斥组",
    "submit_plan": "提交计划",
    "submit_roster": "提交名单",
    "submit_sheet": "提交评分记录表",
    "take_page": "识读扫描页",
    "void_certificate": "证书作废",
    "withdraw_enrolment": "撤回报名",
    "withdraw_remark": "撤回批注",
}
OBJECTS = {
    "designed_card": "答题卡版式",
    "account": "账号",
    "admission": "准考记录",
    "assessment_plan": "计划",
    "authoring_task": "命题任务",
    "attempt": "作答",
    "store": "考场数据",
    "blank_certificate": "空白证书",
    "blueprint": "组卷方案",
    "calendar": "工作日历",
    "catalog_version": "考核目录",
    "centre": "中心",
    "certificate": "证书",
    "development_project": "开发需求",
    "division": "行政区划",
    "enrolment": "报名",
    "erratum": "试题勘误",
    "examiner": "考评员",
    "institution_filing": "机构备案",
    "item": "试题",
    "item_upload": "导入文件",
    "page": "页面",
    "paper": "试卷",
    "paper_set": "整套试卷",
    "practical_paper": "操作技能试卷",
    "project": "考核项目",
    "room": "考场",
    "room_event": "考场事件",
    "scan_batch": "扫描批次",
    "scan_page": "扫描页",
    "score_sheet": "评分记录表",
    "sitting": "场次",
    "specification": "考核规范",
}


TOLD = ("reason", "duplicate_reason", "filing_no", "effective_from_on")
"""Parts of a line's detail that are told as they were written."""


def audit_word(code: str) -> str:
    """Return what an action or a kind of object is called in the visitor's language."""
    if language() == "en":
        return code.replace("_", " ")
    return ACTIONS.get(code) or OBJECTS.get(code, code)


def reasons(line: AuditEntry) -> str:
    """Return what a person wrote down with an action: reasons, numbers, days."""
    detail = json.loads(line.detail)
    return "；".join(str(detail[name]) for name in TOLD if detail.get(name))


def actions_named(words: str) -> list[str]:
    """Return the actions whose name or code, as shown in either language, holds the words."""
    sought = words.strip()
    code = sought.replace(" ", "_")
    return [action for action, name in ACTIONS.items() if sought in name or code in action]


def object_named(name: str) -> str:
    """Return the kind of object that is called so; a code stands for itself."""
    return next(
        (code for code, called in OBJECTS.items() if called == name), name.replace(" ", "_")
    )


def register(app: Flask) -> None:
    """Give the words to the templates."""
    app.jinja_env.globals.update(audit_word=audit_word)
    app.jinja_env.filters["reasons"] = reasons
