"""The addresses of accounts: those of allauth's that we want, and none of its sign-up, mail and reset pages."""

from allauth.account import views as account
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as keys
from allauth.socialaccount import views as social
from allauth.usersessions import views as sessions
from django.urls import path

from dashboard.accounts import views

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("login/inactive/", account.account_inactive, name="account_inactive"),
    path("login/code/", factors.authenticate, name="mfa_authenticate"),
    path("login/once/<str:secret>/", views.use_link, name="one-time-link"),
    path("login/<slug:provider_id>/", views.begin_sso, name="openid_connect_login"),
    path("login/<slug:provider_id>/callback/", views.finish_sso, name="openid_connect_callback"),
    path("login/sso/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("account/", views.show_account, name="account"),
    path("account/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/code/", factors.reauthenticate, name="mfa_reauthenticate"),
    path("account/confirm/key/", keys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/password/", account.password_change, name="account_change_password"),
    path("account/password/none/", views.show_no_password, name="account_set_password"),
    path("account/sessions/", sessions.list_usersessions, name="usersessions_list"),
    path("account/factors/", factors.index, name="mfa_index"),
    path("account/factors/app/add/", totp.activate_totp, name="mfa_activate_totp"),
    path("account/factors/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/factors/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/factors/codes/renew/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/factors/codes/download/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("account/factors/keys/", keys.list_webauthn, name="mfa_list_webauthn"),
    path("account/factors/keys/add/", keys.add_webauthn, name="mfa_add_webauthn"),
    path("account/factors/keys/<int:pk>/rename/", keys.edit_webauthn, name="mfa_edit_webauthn"),
    path("account/factors/keys/<int:pk>/remove/", keys.remove_webauthn, name="mfa_remove_webauthn"),
]
